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
    "integrations": ("Integrations", "外部サービス連携"),
    "personal_settings": ("Personal settings", "個人設定"),
    "workplace_about": (
        "Receive your direct messages in Workplace chat.",
        "ダイレクトメッセージをWorkplaceのチャットで受け取ります。",
    ),
    "link": ("Link", "連携する"),
    "linked": ("Linked", "連携中"),
    "workplace_account": ("Workplace account", "Workplaceアカウント"),
    "linked_at": ("Linked on", "連携日時"),
    "last_delivered_at": ("Last delivery", "最終配信"),
    "unlink_hint": ("Press Linked to end the link.", "「連携中」を押すと解除できます。"),
    "needs_relink": (
        "The link has ended. Please link again.",
        "連携が解除されました。もう一度連携してください。",
    ),
    "paused": (
        "Delivery is paused by your organization.",
        "配信は組織により一時停止されています。",
    ),
    "hidden": (
        "There is nothing to link here: only organization users have integrations.",
        "連携できるサービスはありません。外部サービス連携は組織ユーザーのみ利用できます。",
    ),
    "unavailable": (
        "Workplace is not shown here: the organization has not set it up.",
        "組織で設定されていないため、Workplaceは表示されません。",
    ),
    "unknown": (
        "Workplace is unavailable: the relay does not tell the state of the link.",
        "Workplaceは利用できません。リレーが連携状態を返しません。",
    ),
    "relay_answer": ("Relay", "リレー"),
    "continue": ("Continue", "続ける"),
    "opening": ("Opening Workplace settings …", "Workplaceの設定画面を開いています…"),
    "launch_life": (
        "This step is good for two minutes.",
        "この手続きは2分間有効です。",
    ),
    "organization_settings": ("Organization settings", "組織の設定"),
    "owners_only": (
        "Only organization owners can open these settings.",
        "この設定は組織オーナーのみ開けます。",
    ),
    "external_services": ("External services", "外部サービス"),
    "tile_about": (
        "Send direct messages on to members' Workplace chats.",
        "メンバーのダイレクトメッセージをWorkplaceのチャットに転送します。",
    ),
    "set_up": ("Set up", "設定する"),
    "connection": ("Connection", "接続状態"),
    "state_pending": ("not set up", "未設定"),
    "state_active": ("active", "有効"),
    "state_attention": ("needs attention", "要確認"),
    "state_paused": ("paused", "一時停止中"),
    "state_removed": ("removed", "解除済み"),
    "state_not_connected": ("not connected", "未接続"),
    "state_disabled": ("switched off by ovice", "oviceにより無効"),
    "organization": ("Organization", "組織"),
    "name": ("Name", "名前"),
    "feature": ("Workplace integration enabled by ovice", "oviceによるWorkplace連携の有効化"),
    "save": ("Save", "保存"),
    "spaces": ("Spaces", "スペース一覧"),
    "domain": ("Domain", "ドメイン"),
    "add_space": ("Add a space", "スペースを追加"),
    "add_person": ("Add a person", "ユーザーを追加"),
    "edit": ("Edit", "編集"),
    "edit_of": ("Edit:", "編集："),
    "remove": ("Remove", "削除"),
    "cancel": ("Cancel", "キャンセル"),
    "email": ("E-mail", "メールアドレス"),
    "verified": ("Address is verified", "メールアドレス認証済み"),
    "role": ("Role", "権限"),
    "locale": ("Display language", "表示言語"),
    "sent_events": ("Latest events to the relay", "リレーへの最近のイベント"),
    "nothing_sent": ("Nothing was sent yet.", "まだ送信していません。"),
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

    def state(self, state: object) -> str:
        """Return the name of a connection's state; one that is not known stands as it is."""
        key = f"state_{state}"
        return self(key) if key in WORDS else str(state or "–")


def choose_language(wanted: str, locale: str, accepted: str) -> str:
    """Return the asked language, else the person's own, else the browser's first."""
    for language in (wanted, locale[:2], accepted[:2]):
        if language in LANGUAGES:
            return language
    return "en"
