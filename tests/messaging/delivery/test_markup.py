"""HTML as one reads it: blocks on lines of their own, nothing lost, and nothing takes time."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.delivery.markup import text_of
from messaging.ingest.events import TEXT_LIMIT

ADDRESS = "https://example.com/plan?a=1&b=2"
BLOCKS = ("p", "div", "section", "h1", "h4", "h6", "li", "blockquote", "pre", "tr", "dt", "figure")


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("Hello<br />World", "Hello\nWorld"),
        ("<p>One</p><p>Two</p>", "One\nTwo"),
        ("one<br><br>two", "one\n\ntwo"),
        ("<ul>\n  <li>one</li>\n  <li>two</li>\n</ul>", "one\ntwo"),
        ("<table><tr><td>a<td>b<tr><th>c</th><th>d</th></table>", "a\tb\nc\td"),
        ('<span class="x"><img src="https://evil.example/x.png" alt=":tada:"></span>', ":tada:"),
        ("a &lt;b&gt; &amp; c &copy", "a <b> & c ©"),
        ("<script>alert('<b>')</script>seen<style>p{}</style>", "seen"),
        ("<template>no<template>no</template>no</template>seen", "seen"),
        ("<head><title>Page</title></head>seen", "seen"),
        ("<head>seen", "seen"),
        ("<template>seen", "seen"),
        ("<title>seen", "seen"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<img src=x>", ""),
        ("<b>open", "open"),
        ("<!-- hidden -->shown", "shown"),
        ("hi <![FOO[x]]> there", "hi  there"),
        ("<?php echo 1 ?>shown", "shown"),
        ("</p>shown</never>", "shown"),
    ],
)
def test_html_is_reduced_to_what_one_reads(markup, expected):
    assert text_of(markup) == expected


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        (f"<a href='{ADDRESS}'>the plan</a>, please", f"the plan ({ADDRESS}), please"),
        (f"<a href='{ADDRESS}'>{ADDRESS}</a>", ADDRESS),
        ("<a href='https://example.com/'>example.com</a>", "example.com"),
        ("<a href='mailto:ada@example.com'>ada@example.com</a>", "ada@example.com"),
        ("<a href='mailto:ada@example.com'>Ada</a>", "Ada (mailto:ada@example.com)"),
        ("<a href='//example.com/a'>a</a>", "a (https://example.com/a)"),
        (f"<a href='{ADDRESS}'><img src=x></a>", ADDRESS),
        (f"<a href='{ADDRESS}'>never closed", f"never closed ({ADDRESS})"),
        ("<a href=https://a.example>one <a href=https://b.example>two",
         "one  (https://a.example)two (https://b.example)"),
        ("<a href='https://evil.example'>https://bank.example</a>",
         "https://bank.example (https://evil.example)"),
        ("<a href='java\nscript:alert(1)'>press</a>", "press"),
        ("<a href='/ws/x'>here</a>", "here"),
        ("<a name=top>here</a>", "here"),
    ],
)  # fmt: skip
def test_an_address_behind_words_is_kept(markup, expected):
    assert text_of(markup) == expected


@given(st.sampled_from(BLOCKS), st.sampled_from(BLOCKS))
def test_blocks_never_run_together(first, second):
    assert text_of(f"<{first}>a</{first}>b").split() == ["a", "b"]
    assert text_of(f"a<{first}>b<{second}>c").split() == ["a", "b", "c"]


@pytest.mark.parametrize("tag", ["script", "style", "title", "template", "head", "iframe", "b"])
def test_an_element_that_is_never_closed_loses_nothing(tag):
    assert "the message" in text_of(f"before <{tag}>the message")


PIECES = [
    "<a ", "<a href=x>", "</a>", "<b>", "<b a=1>", "<p>x", "</p>", "<div>", "<table><a>", "<td>",
    "<!-- ", "-->", "<!--", "<![", "<![CDATA[", "]]>", "<!", "<?", "&notin;", "&", "&#x110000;",
    "&#0;", "<svg><math>", "<select><option>", "<", "'", '"', "<a b='", "<template>", "</template>",
    "<script>", "</script>", "<title>", "<plaintext>", "<br>", "<li>", "\x00", "\ud800", " ", "\n",
    "<a href=https://a.example>", "<img alt=':x:'>", "<pre>", "字", "\u3164", "a=1 ",
]  # fmt: skip
hostile = st.lists(st.sampled_from(PIECES) | st.text(st.characters(codec=None), max_size=9))


@given(hostile.map("".join))
def test_any_string_has_a_text(markup):
    assert isinstance(text_of(markup), str)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join))
def test_no_text_of_the_length_that_is_accepted_takes_time(piece):
    markup = (piece * TEXT_LIMIT)[:TEXT_LIMIT]

    assert min(seconds(markup) for _ in range(3)) < 0.05


@pytest.mark.parametrize(
    "markup",
    [
        "<a " * 2_666,
        "".join(f"<b a={n}>" for n in range(440)) + "<p>x" * 1_000,
        "<a " + " ".join(f"a{n}=1" for n in range(1_200)) + ">",
        "<!--" + "-" * 7_000,
        "<a href=x><div>" * 300 + "</a>" * 800,
    ],
    ids=["tags in tags", "formatting kept open", "attributes", "comment", "misnested"],
)
def test_markup_made_to_take_long_is_read_at_once(markup):
    assert min(seconds(markup) for _ in range(3)) < 0.05
    assert min(seconds(markup * 10) for _ in range(3)) < 0.5


def seconds(markup: str) -> float:
    started = time.thread_time()
    text_of(markup)
    return time.thread_time() - started
