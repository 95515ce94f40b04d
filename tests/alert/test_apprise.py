"""The apprise sink against a real mail server and a real web server: what arrives, what is refused, what hangs."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from crawler.alert.apprise import AppriseSink
from crawler.alert.smtp import _Timely
from crawler.errors import SinkError
from crawler.render import for_people
from crawler.render.parts import MOST_PARTS, size
from crawler.render.samples import samples, trial
from tests.alert.alerts import payload
from tests.alert.services import services

SECRET = "hunter2hunter2"
ZONE = ZoneInfo("Asia/Seoul")
HEADERS = {"from", "to", "subject", "date", "message-id", "auto-submitted", "mime-version", "content-type"}
SAMPLE = next(islice(samples("s", datetime(2026, 11, 23, 12, tzinfo=UTC)), 1, None))


@pytest.fixture(scope="module")
def _running(tmp_path_factory):
    with services(tmp_path_factory.mktemp("services")) as running:
        yield running


@pytest.fixture
def places(_running):
    _running.forget()
    return _running


def mailing(places, *to, place="mail", more="", seconds=15.0):
    url = (
        f"mailto://127.0.0.1:{places.ports[place]}/?from=crawler@example.org&name=The%20crawler&to={','.join(to)}{more}"
    )
    return AppriseSink("team", url, zone=ZONE, seconds=seconds)


def chatting(places, path, *, schema="json", seconds=15.0):
    return AppriseSink("team", f"{schema}://127.0.0.1:{places.ports['web']}/{path}", zone=ZONE, seconds=seconds)


def send(sink, *payloads):
    async def all_of_them():
        return [await sink.send(each) for each in payloads]

    return asyncio.run(all_of_them())


def refusal(sink, alert):
    with pytest.raises(SinkError) as caught:
        send(sink, alert)
    assert SECRET not in str(caught.value)
    return caught.value


def parsed(mail):
    return email.message_from_bytes(mail, policy=email.policy.default)


def test_a_mail_has_the_subject_line_and_the_same_text_twice(places):
    send(mailing(places, "a@example.org", more="&cc=Chief<c@example.org>&bcc=b@example.org&+X-Team=news"), SAMPLE)
    ((to, body),) = places.mails()
    mail = parsed(body)
    subject, _, text = for_people(SAMPLE, zone=ZONE).partition("\n")
    assert to == ["a@example.org", "c@example.org", "b@example.org"]
    assert mail["Subject"] == subject
    assert (mail["From"], mail["To"], mail["Cc"]) == (
        "The crawler <crawler@example.org>",
        "a@example.org",
        "Chief <c@example.org>",
    )
    assert "b@example.org" not in str(mail)
    assert mail["X-Team"] == "news"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert abs(parsedate_to_datetime(mail["Date"]) - datetime.now(UTC)).total_seconds() < 60
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    plain, html = (part.get_content().replace("\r\n", "\n") for part in mail.iter_parts())
    assert plain.rstrip() == f"{subject}\n\n{text}"
    assert "<del " in html and "[-bolsters-]</del>" in html and "{+strengthens+}</ins>" in html
    assert "\r" not in body.replace(b"\r\n", b"").decode("ascii")
    assert not mail.defects


ENCODED = [
    "A =?utf-8?q?title=0d=0aReply-To:_evil@example.org=0d=0aX-Evil:_1=0d=0a=0d=0aand_a_body?= of strangers",
    "=?utf-8?b?YQ0KUmVwbHktVG86IGV2aWxAZXhhbXBsZS5vcmc=?=",
    "=?=?utf-7?q?+AA0ACg-Reply-To:_evil@example.org?=?=",
]


#: where a line of the header ends between two words
FOLDED = ["о café £ “quote” 漢字 Korea", "о 정부 правительство naïve правительство €", "5% том, l'état 정부 ties"]


@pytest.mark.parametrize("title", ENCODED + FOLDED)
def test_a_subject_is_the_title_letter_for_letter_whatever_it_looks_like(places, title):
    headline = f"koreapro.org · title and text edited · “{title}”"
    send(mailing(places, "a@example.org"), payload(headline=headline))
    send(mailing(places, "a@example.org"), payload(headline=title))
    for (_, mail), shown in zip(places.mails(), (headline, title), strict=True):
        assert parsed(mail)["Subject"] == shown
        assert {name.lower() for name in parsed(mail)} == HEADERS


def test_each_receiver_gets_a_mail_of_their_own_and_a_repeat_has_the_same_id(places):
    first, again = (mailing(places, "a@example.org", "b@example.org") for _ in range(2))
    send(first, SAMPLE)
    send(again, SAMPLE)
    found = [(to, parsed(mail)["Message-ID"]) for to, mail in places.mails()]
    assert [to for to, _ in found] == [["a@example.org"], ["b@example.org"]] * 2
    assert found[:2] == found[2:]
    assert found[0][1] != found[1][1]
    assert found[0][1].startswith("<c_sample_edited_s.") and found[0][1].endswith("@example.org>")


@pytest.mark.parametrize(
    ("receiver", "permanent", "said"),
    [
        ("421", False, "said 421 no, not …"),
        ("450", False, "said 450"),
        ("451", False, "said 451"),
        ("550", True, "said 550 no, not …"),
        ("553", True, "said 553"),
        ("data-452", False, "said 452 not this mail"),
        ("data-554", True, "said 554 not this mail"),
        ("drop", False, "ended the connection"),
    ],
)
def test_a_refusal_is_final_where_the_mail_server_says_so(places, receiver, permanent, said):
    error = refusal(mailing(places, f"{receiver}@example.org"), SAMPLE)
    assert error.permanent == permanent
    assert said in str(error)


def test_who_has_the_mail_does_not_get_it_again_when_another_is_refused(places):
    sink = mailing(places, "a@example.org", "451@example.org", "b@example.org")
    error = refusal(sink, SAMPLE)
    assert not error.permanent
    assert "(to 1 of 3 receivers)" in str(error)
    refusal(sink, SAMPLE)
    assert [to for to, _ in places.mails()] == [["a@example.org"], ["b@example.org"]]


def test_a_copy_that_the_server_refuses_is_told_without_the_address_and_costs_no_alert(places):
    copies = "&cc=550@example.org,c@example.org&bcc=452@example.org"
    sink = mailing(places, "a@example.org", "b@example.org", more=copies)
    with capture_logs() as logged:
        (reply,) = send(sink, SAMPLE)
    assert reply == "no copy for 2 of 3 on cc and bcc: the mail server said 452, 550"
    assert [(each["log_level"], each["sink"], each["error"]) for each in logged] == [("warning", "team", reply)]
    assert [to for to, _ in places.mails()] == [[f"{name}@example.org", "c@example.org"] for name in "ab"]


def test_who_has_a_copy_does_not_get_it_again_when_the_one_it_is_to_was_refused(places):
    sink = mailing(places, "451@example.org", "a@example.org", more="&cc=c@example.org,550@example.org")
    with capture_logs() as logged:
        for _ in range(2):
            assert not refusal(sink, SAMPLE).permanent
    assert [to for to, _ in places.mails()] == [["c@example.org"], ["a@example.org", "c@example.org"]]
    assert [each["error"] for each in logged] == ["no copy for 1 of 2 on cc and bcc: the mail server said 550"]


def test_a_copy_that_may_be_tried_again_makes_no_refusal_of_the_mail_less_final(places):
    assert refusal(mailing(places, "550@example.org", more="&cc=450@example.org"), SAMPLE).permanent


def test_a_copy_at_which_the_server_ends_the_conversation_is_no_final_refusal_of_the_mail(places):
    error = refusal(mailing(places, "a@example.org", more="&cc=421@example.org,550@example.org"), SAMPLE)
    assert (str(error), error.permanent) == ("the mail server said 421 no, not …", False)
    error = refusal(mailing(places, "a@example.org", more="&cc=550@example.org&bcc=421@example.org"), SAMPLE)
    assert (str(error), error.permanent) == ("the mail server said 421 no, not …", False)
    assert places.mails() == []


def test_who_has_the_mail_does_not_get_it_again_when_the_connection_ends_at_another(places):
    sink = mailing(places, "a@example.org", "drop@example.org", "b@example.org")
    for _ in range(2):
        refusal(sink, SAMPLE)
    assert [to for to, _ in places.mails()] == [["a@example.org"], ["drop@example.org"], ["drop@example.org"]]


def test_a_mail_that_was_taken_without_an_answer_comes_again_with_the_same_id(places):
    sink = mailing(places, "drop@example.org")
    refusal(sink, SAMPLE)
    refusal(sink, SAMPLE)
    one, two = (parsed(mail)["Message-ID"] for _, mail in places.mails())
    assert one == two


@pytest.mark.parametrize(
    ("place", "more", "said"),
    [
        ("busy", "", "421 too busy"),
        # The password must not go over the line in the clear.
        ("mail", f"&mode=starttls&user=me&pass={SECRET}", "STARTTLS extension not supported"),
        # It waits for us, as we for it: whoever notices first that the time is over says so.
        ("web", "", "ended the connection|no answer within 2 s"),
    ],
)
def test_trouble_with_the_mail_server_is_tried_again(places, place, more, said):
    error = refusal(mailing(places, "a@example.org", place=place, more=more, seconds=2.0), SAMPLE)
    assert re.search(said, str(error))
    assert not error.permanent
    assert places.mails() == []


def test_a_mail_server_that_says_the_password_gives_nothing_away_and_drives_no_terminal(places):
    for more in ("", "login-"):
        sink = mailing(places, "a@example.org", place=f"{more}echo", more=f"&user=me&pass={SECRET}")
        for attempt in (sink.send(SAMPLE), sink.reached()):
            with pytest.raises(SinkError) as caught:
                asyncio.run(attempt)
            assert str(caught.value) == "the mail server said 535 \\x1b[31mnot …"
            assert not caught.value.permanent


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("kind-echo", "the mail server said 250 not …"),
        ("endless-echo", "the mail server: Server AUTH mechanism infinite loop. Last response: (334, b'…')"),
        ("bare-echo", "what answers there is no mail server"),
    ],
)
def test_what_a_mail_server_repeats_in_no_refusal_gives_nothing_away_either(places, place, said):
    error = refusal(mailing(places, "a@example.org", place=place, more=f"&user=me&pass={SECRET}"), SAMPLE)
    assert str(error) == said
    assert not error.permanent


def test_a_mail_server_that_says_nothing_has_not_ended_the_connection(places, monkeypatch):
    monkeypatch.setattr("crawler.alert.smtp._STEP_SECONDS", 0.1)
    error = refusal(mailing(places, "a@example.org", place="hang"), SAMPLE)
    assert str(error) == "the mail server did not answer in time"


def test_a_conversation_that_is_late_before_it_has_begun_does_not_begin():
    limit = _Timely(60.0)
    limit.end()
    limit._cut()
    with pytest.raises(TimeoutError):
        limit.watch(None)


def test_of_a_mail_that_was_taken_no_thread_is_left_behind(places):
    send(mailing(places, "a@example.org", seconds=60.0), SAMPLE)
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.join(10)
            assert not thread.is_alive()


def test_a_conversation_that_is_cut_goes_on_in_the_clear_for_no_moment(monkeypatch):
    """Cut while something is being sent, by another thread."""
    ours, theirs = socket.socketpair()
    limit, cut = _Timely(60.0), socket.socket.shutdown
    with (
        theirs,
        ssl.create_default_context().wrap_socket(
            ours, do_handshake_on_connect=False, server_hostname="mail.test"
        ) as encrypted,
    ):
        encrypted.settimeout(0.05)
        limit.watch(encrypted)
        limit.end()

        def at_that_moment(self, how):
            with contextlib.suppress(OSError):
                encrypted.sendall(SECRET.encode())
            cut(self, how)

        monkeypatch.setattr(socket.socket, "shutdown", at_that_moment)
        limit._cut()
        said = theirs.recv(65536)
    assert said
    assert SECRET.encode() not in said


@pytest.mark.parametrize(
    ("place", "mode"), [("hang", "insecure"), ("drip", "insecure"), ("hang", "ssl"), ("mute", "starttls")]
)
def test_a_mail_server_that_takes_too_long_holds_up_nobody_and_can_be_tried_again(places, monkeypatch, place, mode):
    """Also one with which no encryption comes about."""
    monkeypatch.setattr("crawler.alert.smtp._STEP_SECONDS", 60.0)
    sink = mailing(places, "a@example.org", place=place, more=f"&mode={mode}", seconds=0.5)

    async def beside():
        sending = asyncio.create_task(sink.send(SAMPLE))
        ticks = 0
        while not sending.done():
            await asyncio.sleep(0.01)
            ticks += 1
        return ticks, sending.exception()

    began = time.monotonic()
    ticks, error = asyncio.run(beside())
    assert isinstance(error, SinkError)
    assert ticks > 10
    assert time.monotonic() - began < 10
    # Its thread has come to an end: the next one is not kept waiting for it.
    deadline = time.monotonic() + 10
    while "still being written" in str(refusal(sink, payload(2))):
        assert time.monotonic() < deadline


HUNG = """
import asyncio, sys
from zoneinfo import ZoneInfo
from crawler.alert.apprise import AppriseSink
from crawler.errors import SinkError
from tests.alert.alerts import payload

async def main():
    sink = AppriseSink("team", sys.argv[1], zone=ZoneInfo("UTC"), seconds=60)
    sending = asyncio.create_task(sink.send(payload()))
    await asyncio.sleep(0.3)
    sending.cancel()

asyncio.run(main())
"""


@pytest.mark.process
def test_a_program_ends_although_a_mail_server_hangs(places):
    url = f"mailto://127.0.0.1:{places.ports['hang']}/?from=me@example.org&to=a@example.org"
    began = time.monotonic()
    ended = subprocess.run([sys.executable, "-c", HUNG, url], timeout=30, check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert time.monotonic() - began < 9  # and not the ten seconds of a step


def test_a_service_gets_title_and_text(places):
    send(chatting(places, "hook"), SAMPLE)
    ((path, body),) = places.posts()
    told = json.loads(body)
    subject, _, text = for_people(SAMPLE, zone=ZONE).partition("\n")
    assert path == "/hook"
    assert (told["title"], told["message"].strip()) == (subject, text.strip())


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        (400, True),
        (410, True),
        (413, True),
        (422, True),
        (401, False),
        (404, False),
        (429, False),
        (500, False),
        (503, False),
    ],
)
def test_a_service_that_refuses_is_tried_again_unless_it_would_say_the_same(places, status, permanent):
    error = refusal(chatting(places, f"{SECRET}/{status}"), SAMPLE)
    assert error.permanent == permanent
    assert str(error).startswith("JSON: ")
    assert str(status) in str(error)


@pytest.mark.parametrize("way", ["endless", "drip"])
def test_of_an_answer_without_end_only_the_beginning_is_read(places, monkeypatch, way):
    monkeypatch.setattr("crawler.alert.replies._SECONDS", 5.0 if way == "endless" else 0.1)
    assert send(chatting(places, way, seconds=10.0), SAMPLE) == [None]
    assert len(places.posts()) == 1


def test_an_alert_follows_no_redirect_to_another_place(places):
    error = refusal(chatting(places, f"{SECRET}/302"), SAMPLE)
    assert not error.permanent
    assert [path for path, _ in places.posts()] == [f"/{SECRET}/302"]


def test_a_long_text_comes_in_a_few_parts_cut_between_characters(places):
    # An emoji is two units of UTF-16; none may be cut in two, and none of the lines lost its neighbour.
    diff = "\n".join(f"{number:03} " + "🐦" * 250 + "&amp;" for number in range(60))
    alert = payload(diff=diff)
    sink = AppriseSink("team", f"mmost://127.0.0.1:{places.ports['web']}/{'k' * 26}", zone=ZONE)
    send(sink, alert)
    texts = [json.loads(body)["text"] for _, body in places.posts()]
    assert 1 < len(texts) <= MOST_PARTS
    assert all(size(text) <= 4000 for text in texts)
    assert texts[-1].endswith("…")
    assert "".join(texts).replace("\n", "").startswith("example.org · title edited")
    assert all("\ufffd" not in text for text in texts)


def test_parts_that_have_arrived_are_not_sent_again(places):
    diff = "\n".join(f"{number:03} " + "word " * 100 for number in range(30))
    sink = AppriseSink("team", f"mmost://127.0.0.1:{places.ports['web']}/{'k' * 26}", zone=ZONE)
    sent, notify = [], type(sink._service).notify

    def failing(service, **told):
        sent.append(told["body"])
        return len(sent) != 2 and notify(service, **told)

    type(sink._service).notify, kept = failing, notify
    try:
        refusal(sink, payload(diff=diff))
        send(sink, payload(diff=diff))
    finally:
        type(sink._service).notify = kept
    assert len(places.posts()) == len(sent) - 1 > 2
    assert sent[1] == sent[2]


@pytest.mark.parametrize(
    "url",
    [
        f"nonsense://{SECRET}",
        f"discord://{SECRET}",
        f"mailto://me:{SECRET}@127.0.0.1",
        f"{SECRET}",
        f"mailto://me:{SECRET}@127.0.0.1/?to=a@example.org&from=x%0d%0aBcc:all@example.org",
    ],
)
def test_an_address_that_is_none_is_refused_without_being_shown(url):
    with pytest.raises(ValueError, match=r".") as caught:
        AppriseSink("team", url, zone=ZONE)
    assert SECRET not in str(caught.value)


def test_a_mail_server_is_tried_without_a_mail(places):
    assert "lets us in" in asyncio.run(mailing(places, "a@example.org").reached())
    with pytest.raises(SinkError, match="421"):
        asyncio.run(mailing(places, "a@example.org", place="busy").reached())
    assert "JSON" in asyncio.run(chatting(places, SECRET).reached())
    assert places.mails() == places.posts() == []


FOREIGN = """
import sys
touched, ASKING = [], ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")
sys.addaudithook(lambda event, arguments: touched.append((event, str(arguments))) if event in ASKING or
    event == "open" and ("apprise.y" in str(arguments) or "foreign" in str(arguments)) else None)
from zoneinfo import ZoneInfo
from crawler.alert.apprise import AppriseSink
AppriseSink("team", "mailto://127.0.0.1/?from=me@example.org&to=a@example.org", zone=ZoneInfo("UTC"))
AppriseSink("chat", "mmost://127.0.0.1/" + 26 * "k", zone=ZoneInfo("UTC"))
assert not touched, touched
"""


@pytest.mark.process
def test_apprise_reads_no_config_loads_no_foreign_code_and_asks_nobody(tmp_path):
    for folder in (".config/apprise/plugins", ".apprise/plugins"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "foreign.py").write_text("raise SystemExit('foreign code was run')\n")
        (tmp_path / folder).with_name("apprise.yml").write_text("urls: [json://127.0.0.1]\n")
    around = {
        "HOME": str(tmp_path),
        "APPRISE_CONFIG_PATH": str(tmp_path / ".apprise" / "apprise.yml"),
        "APPRISE_PLUGIN_PATH": str(tmp_path / ".apprise" / "plugins"),
        "APPRISE_STORAGE_PATH": str(tmp_path / "storage"),
    }
    done = subprocess.run(
        [sys.executable, "-c", FOREIGN],
        env={**os.environ, **around},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "storage").exists()


def test_a_test_of_the_sink_can_be_read(places):
    send(mailing(places, "a@example.org"), trial("1", "team", datetime.now(UTC)))
    assert "A test of the sink team" in parsed(places.mails()[0][1]).get_body(("plain",)).get_content()
