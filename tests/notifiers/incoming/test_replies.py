"""The words of a reply alone, whatever program quoted the rest."""

import pytest

from notifiers.incoming import read_mail, read_text
from tests.notifiers.incoming.builders import a_mail, alternatives

QUOTED = "> Hello Ana,\n> Your contract renews.\n"


def reply(body: str) -> str:
    return read_mail(a_mail(body), []).reply.text


@pytest.mark.req("BOT-4")
@pytest.mark.parametrize(
    "body",
    [
        f"Please renew.\n\nOn Mon, 5 Oct 2026 at 09:00, N <n@n.example> wrote:\n{QUOTED}",
        f"Please renew.\n\nLe lun. 5 oct. 2026 à 09:00, N <n@n.example> a\nécrit :\n{QUOTED}",
        f"Please renew.\n\nAm 05.10.2026 um 09:00 schrieb N:\n{QUOTED}",
        f"On Mon, 5 Oct 2026 at 09:00, N wrote:\n{QUOTED}\nPlease renew.\n",
        "Please renew.\n\n-----Original Message-----\nFrom: N\nHello Ana,",
        "Please renew.\n\nFrom: N <n@n.example>\nSent: Monday\nTo: Ana\nSubject: X\n\nHello",
        "Please renew.\n________________________________\nDe : N\nEnvoyé : lundi\n"
        "À : Ana\nObjet : X\n\nBonjour",
        "Please renew.\n\n*Von:* N\n*Gesendet:* Montag\n*An:* Ana\n\nHallo",
        "Please renew.\n\n---------- Forwarded message ---------\nwhatever",
        "Please renew.\n\nSent from my iPhone",
        "Please renew.\n\nEnvoyé de mon iPhone\n\n> Le 5 oct. 2026 à 09:00, N a écrit :\n> Bonjour",
        "Please renew.\n\nGet Outlook for iOS<https://aka.ms/x>",
        "Please renew.\n\n-- \nAna Lee\nWe accept no compromise",
        "Please renew.\n\nKind regards,\nAna Lee\nWe cancel the boring stuff",
        "Please renew.\n\nBien cordialement\n\nAna Lee | Résiliez vos soucis",
        "Please renew.\n\nAna",
        "Please renew.\n\nAna Lee\nHead of Digital\n+44 20 7946 0000",
        "[EXTERNAL] Do not click links from unknown senders.\n\nPlease renew.",
        "CAUTION: This email originated from outside the organisation.\nDo not accept "
        "anything.\n\nPlease renew.",
        "Please renew.\n\nThis email and any attachments are confidential. If you accept\n"
        "it in error, cancel it.",
        "Please renew.\n\nPensez à l'environnement avant d'imprimer ce message.",
    ],
)  # fmt: skip
def test_what_stands_around_the_words_is_cut(body: str) -> None:
    assert reply(body) == "Please renew."


@pytest.mark.parametrize(
    "body",
    [
        "Please renew.\n\nRegards,\nAna\n\nPS: only if the price stays",
        "Please renew.\n\n-- \nAna\n\nP.S. only if the price stays",
    ],
)
def test_an_afterthought_below_the_signature_is_part_of_the_reply(body: str) -> None:
    assert "only if the price stays" in reply(body)


def test_what_is_written_below_a_footer_is_kept() -> None:
    body = "Please renew.\n\nSent from my iPhone\n\nWait, cancel it instead"

    assert "cancel it instead" in reply(body)


def test_words_between_quoted_lines_are_the_reply() -> None:
    body = "> - Accept\n> - Cancel\n\nThe first.\n\n> If you do nothing\n\nAna"

    assert reply(body) == "The first."


def test_thanks_alone_are_no_signature() -> None:
    assert reply("Thanks") == "Thanks"


def test_our_own_words_are_cut_where_nothing_marks_them() -> None:
    ours = "To answer, tell us which of these you choose by 17 November:"

    found = read_mail(a_mail(f"Please renew.\n{ours}"), [], [ours]).reply

    assert found.text == "Please renew."
    assert [cut.what for cut in found.cuts] == ["our own text"]


def test_each_cut_says_what_it_was() -> None:
    body = f"[EXTERNAL] x\n\nYes.\n\nRegards,\nAna\n\nOn 5 Oct 2026, N wrote:\n{QUOTED}"

    found = read_mail(a_mail(body), []).reply

    assert [cut.what for cut in found.cuts] == [
        "external banner", "sign-off", "attribution", "quote",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "quote",
    [
        '<div class="gmail_quote"><div class="gmail_attr">On 5 Oct 2026 N wrote:</div>'
        "<blockquote class=gmail_quote>cancel</blockquote></div>",
        '<blockquote type="cite">cancel</blockquote>',
        '<div id="appendonsend"></div><hr><div id="divRplyFwdMsg">From: N</div>cancel',
        '<div class="OutlookMessageHeader">From: N</div>cancel',
        '<div class="moz-cite-prefix">On 5 Oct N wrote:</div><blockquote>cancel</blockquote>',
        '<div class="yahoo_quoted">cancel</div>',
        '<div class="protonmail_quote">cancel</div>',
        '<hr data-marker="__DIVIDER__"><div>cancel</div>',
        '<div name="quote" style="border-left:2px solid #C3D9E5">cancel</div>',
        '<div style="border-left:2px solid #36c"><p>cancel</p></div>',
        '<div class="gmail_signature">cancel</div>',
        '<div style="display:none">cancel</div>',
        "<style>cancel</style><script>cancel()</script><!-- cancel -->",
        '<div class="x" title="a>b">Ana</div>',
    ],
)
def test_html_is_cut_by_its_markup(quote: str) -> None:
    raw = a_mail(
        f"<html><body><p>Please <b>renew</b>.</p>{quote}</body>", kind="text/html"
    )

    assert read_mail(raw, []).reply.text == "Please renew."


def test_two_versions_that_agree_are_one() -> None:
    found = read_mail(alternatives("Please renew.", "<p>Please&nbsp;renew.</p>"), [])

    assert (found.reply.text, found.reply.doubt) == ("Please renew.", "")


@pytest.mark.parametrize(
    "html", ["<p>Please cancel.</p>", "<p>Please do not renew.</p>"]
)
def test_two_versions_that_differ_are_a_doubt(html: str) -> None:
    found = read_mail(alternatives("Please renew.", html), [])

    assert "different things" in found.reply.doubt


def test_a_text_is_cut_like_a_mail() -> None:
    text = f"Please renew.\n\nOn 5 Oct 2026, N wrote:\n{QUOTED}".encode()

    assert read_text(text).text == "Please renew."
