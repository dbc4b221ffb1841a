"""Every sentence of the ovice pages in English and Japanese."""

LANGUAGES = {"en": "English", "ja": "日本語"}
ENGLISH, JAPANESE = 0, 1

WORDS: dict[str, tuple[str, str]] = {
    "title": ("ovice sandbox", "ovice サンドボックス"),
    "sandbox": ("Sandbox", "サンドボックス"),
    "foot": (
        "A sandbox. Nothing here leaves this machine.",
        "サンドボックスです。データはこの端末の外に出ません。",
    ),
    "language": ("Language", "言語"),
    "parts": ("Parts", "メニュー"),
    "choose_space": ("Choose a space", "スペースを選択"),
    "nothing_yet": (
        "There is no organization yet. Make one through the control API.",
        "組織がまだありません。コントロールAPIで作成してください。",
    ),
    "no_spaces": ("This organization has no space.", "この組織にはスペースがありません。"),
    "space": ("Space", "スペース"),
    "people": ("People", "参加者"),
    "nobody": ("Nobody is here.", "参加者はいません。"),
    "you": ("you", "自分"),
    "you_are": ("You are", "操作する人"),
    "switch": ("Switch", "切り替え"),
    "message": ("Message", "メッセージ"),
    "message_to": ("Message to", "メッセージの宛先："),
    "also_mention": ("Other mentions", "その他のメンション"),
    "chat": ("Chat", "チャット"),
    "no_messages": ("No messages yet.", "メッセージはまだありません。"),
    "your_message": ("Your message", "メッセージを入力"),
    "mention_hint": (
        "Begin with @name to write to one person. Without a mention everybody sees it.",
        "@名前 で始めると1人だけに届きます。メンションなしは全員に公開されます。",
    ),
    "send": ("Send", "送信"),
    "direct": ("Direct message to", "ダイレクトメッセージ："),
    "mention": ("Mention of", "メンション："),
    "public": ("Public", "公開"),
    "attachments": ("Attachments:", "添付ファイル："),
    "relay_sending": ("Sending to the relay …", "リレーに送信中…"),
    "relay_accepted": ("Relay accepted it", "リレーが受け付けました"),
    "relay_retrying": ("Relay has not taken it, trying again", "リレーが未受付のため再送します"),
    "relay_given_up": ("Relay never took it", "リレーに届きませんでした"),
    "relay_endpoint_disabled": (
        "Not sent: the relay said stop",
        "未送信：リレーが停止を要求しました",
    ),
    "no_answer": ("no answer", "応答なし"),
    "in_work_chat": ("In Work Chat after {seconds} s", "{seconds}秒後にWork Chatに到着"),
    "owner": ("Owner", "オーナー"),
    "admin": ("Admin", "管理者"),
    "member": ("Member", "メンバー"),
    "visitor": ("Visitor", "来訪者"),
    "guest": ("Guest", "ゲスト"),
}


class Words:
    """The sentences of one language."""

    def __init__(self, language: str) -> None:
        """Speak `language`, a key of LANGUAGES."""
        self.language = language
        self._column = JAPANESE if language == "ja" else ENGLISH

    def __call__(self, key: str, **values: object) -> str:
        """Return a sentence, with `values` filled in."""
        return WORDS[key][self._column].format(**values)


def choose_language(wanted: str, locale: str, accepted: str) -> str:
    """Return the asked language, else the person's own, else the browser's first."""
    for language in (wanted, locale[:2], accepted[:2]):
        if language in LANGUAGES:
            return language
    return "en"
