"""The address beside the daemon, over real connections: probes, Prometheus, and clients that mean no good."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from contextlib import ExitStack, closing, suppress

import pytest

from crawler.config.scalars import Listen
from crawler.daemon import answering, listening
from crawler.daemon.health import Health
from crawler.daemon.listening import Listening
from crawler.daemon.metrics import Metrics
from crawler.errors import CrawlerError
from crawler.store import SqliteStore
from tests.daemon.scraping import samples

ANYWHERE = Listen("127.0.0.1", 0)


@pytest.fixture
def health():
    health = Health(time.monotonic)
    health.phase("ready")
    return health


@pytest.fixture
def metrics(tmp_path):
    return Metrics(tmp_path / "crawler.db", version="0.1.0")


@pytest.fixture
def beside(metrics, health, monkeypatch):
    """Something that listens beside a daemon with a store."""
    monkeypatch.setattr(listening, "LOOK_SECONDS", 0.02)
    beside = Listening(metrics, health)
    with SqliteStore(metrics.store):
        beside.start(ANYWHERE)
        yield beside
        beside.stop()


def ask(beside, path, method="GET", **more):
    with closing(http.client.HTTPConnection("127.0.0.1", beside.port, timeout=10)) as connection:
        connection.request(method, path, **more)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), dict(answer.getheaders())


def said(beside, path):
    return ask(beside, path)[:2]


def connected(beside):
    return socket.create_connection(("127.0.0.1", beside.port), timeout=10)


def all_of(connection):
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)


def wait_for(holds, seconds=10):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


def test_prometheus_gets_its_metrics_in_its_own_format(beside):
    status, body, headers = ask(beside, "/metrics")
    assert status == 200
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert samples(body)["crawler_sources", "active"] == 0
    assert said(beside, "/metrics?name[]=x")[0] == 200


def test_health_is_one_word_and_nothing_else(beside, health):
    assert said(beside, "/healthz") == (200, "ok")
    assert said(beside, "/readyz") == (200, "ok")
    health.trouble("disk", "no room in /var/lib/secret")
    status, body, headers = ask(beside, "/healthz")
    assert (status, body) == (503, "disk")
    assert "secret" not in str(headers)
    assert set(headers) == {"Server", "Date", "Content-Type", "Content-Length", "Connection"}
    assert headers["Server"] == "crawler"
    assert said(beside, "/readyz") == (200, "ok")


@pytest.mark.parametrize("phase", ["starting", "stopping"])
def test_neither_healthy_nor_ready_before_the_start_and_from_the_stop_on(beside, health, phase):
    health.phase(phase)
    assert said(beside, "/healthz") == (503, phase)
    assert said(beside, "/readyz") == (503, phase)


def test_head_has_the_head_of_get_and_no_body(beside):
    for path in ("/healthz", "/nowhere"):
        got, headed = ask(beside, path), ask(beside, path, "HEAD")
        assert headed[0] == got[0]
        assert headed[1] == ""
        assert headed[2]["Content-Length"] == str(len(got[1]))


@pytest.mark.parametrize("path", ["/", "/metrics/", "/metric", "/healthz/../metrics", "/%6detrics", "*", "/Metrics"])
def test_there_is_nothing_else(beside, path):
    assert said(beside, path) == (404, "not found")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "METRICS"])
def test_nothing_but_reading_is_allowed(beside, method):
    status, body, headers = ask(beside, "/metrics", method)
    assert (status, body, headers["Allow"]) == (405, "method not allowed", "GET, HEAD")


GARBAGE = {
    "no words": b"\r\n\r\n",
    "one word": b"HELLO\r\n\r\n",
    "bytes": b"\x00\xff\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    "a version that is none": b"GET /metrics HTTP/1.1.1\r\n\r\n",
    "a version of the future": b"GET /metrics HTTP/9.0\r\n\r\n",
    "script": b"GET <script>alert(1)</script> HTTP/x\r\n\r\n",
    "half an address": b"GET http://[ HTTP/1.1\r\n\r\n",
    "a long line": b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
    "many headers": b"GET /metrics HTTP/1.1\r\n" + b"X-A: b\r\n" * 1000 + b"\r\n",
    "a long header": b"GET /metrics HTTP/1.1\r\nX-A: " + b"x" * 70_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("sent", GARBAGE.values(), ids=GARBAGE)
def test_garbage_gets_a_word_at_most_and_none_of_it_back(beside, sent, capfd):
    with connected(beside) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        answer = all_of(connection)
    assert b"script" not in answer and b"xxx" not in answer and b"crawler_" not in answer
    assert said(beside, "/healthz") == (200, "ok")
    assert capfd.readouterr() == ("", "")


def threads():
    return [thread for thread in threading.enumerate() if "process_request" in thread.name]


def test_clients_that_hang_are_let_go_of_when_their_time_is_up(beside, monkeypatch):
    monkeypatch.setattr(answering, "CONNECTION_SECONDS", 1.0)
    with connected(beside) as silent, connected(beside) as dripping:
        begun = time.monotonic()
        for letter in b"GET /metrics HTTP/1.1\r\nX-Slow: " + b"x" * 1000:
            try:
                dripping.sendall(bytes([letter]))
            except ConnectionError:
                break
            time.sleep(0.05)
        assert time.monotonic() - begun < 8
        assert all_of(silent) == b""
    wait_for(lambda: not threads())


def test_who_hangs_keeps_nobody_else_out(beside):
    with ExitStack() as stack:
        hanging = [stack.enter_context(connected(beside)) for _ in range(5 * answering.CONNECTIONS)]
        for connection in hanging:
            with suppress(ConnectionError):  # it had to make room already
                connection.sendall(b"GET /metrics HTTP/1.1\r\n")
        for _ in range(5):
            assert said(beside, "/healthz") == (200, "ok")
            assert said(beside, "/metrics")[0] == 200
        wait_for(lambda: len(threads()) <= answering.CONNECTIONS)
    wait_for(lambda: not threads())


def test_probes_are_answered_while_a_scrape_hangs(beside, metrics, monkeypatch):
    monkeypatch.setattr(listening, "SCRAPE_SECONDS", 0.1)
    let_go, begun = threading.Event(), threading.Event()

    def hangs():
        begun.set()
        let_go.wait(20)

    metrics.backup = hangs
    scraping = threading.Thread(target=ask, args=(beside, "/metrics"))
    scraping.start()
    assert begun.wait(5)
    assert said(beside, "/metrics") == (503, "busy")
    assert said(beside, "/healthz") == (200, "ok")
    let_go.set()
    scraping.join()
    assert said(beside, "/metrics")[0] == 200


def test_a_mistake_of_ours_costs_one_answer_and_tells_the_client_nothing(beside, metrics):
    def fails():
        raise RuntimeError("a secret")

    metrics.backup = fails
    assert said(beside, "/metrics") == (500, "failed")
    assert said(beside, "/healthz") == (200, "ok")


def test_a_port_that_is_taken_is_told_to_people(metrics, health):
    beside = Listening(metrics, health)
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = Listen("127.0.0.1", other.getsockname()[1])
        with pytest.raises(CrawlerError, match=rf"metrics.listen: nothing can be answered at {taken}: something else"):
            beside.start(taken)
    assert beside.port is None
    beside.stop()


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_that_is_not_ours_is_told_to_people(metrics, health, host):
    with pytest.raises(CrawlerError, match=f"metrics.listen: nothing can be answered at {host}:9464"):
        Listening(metrics, health).start(Listen(host, 9464))


def test_a_reload_moves_it_and_one_that_cannot_be_leaves_it_where_it_was(beside):
    first = beside.port
    beside.start(ANYWHERE)
    assert beside.port == first  # the same address: nothing is interrupted
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(CrawlerError):
        beside.start(Listen("127.0.0.1", other.getsockname()[1]))
    assert said(beside, "/healthz") == (200, "ok")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    beside.start(Listen("127.0.0.1", port))
    assert beside.port == port
    assert said(beside, "/healthz") == (200, "ok")
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", first), timeout=5)


def test_the_same_port_of_another_address_takes_over_or_goes_back(beside):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    beside.start(Listen("127.0.0.1", port))
    with pytest.raises(CrawlerError):
        beside.start(Listen("192.0.2.1", port))
    assert said(beside, "/healthz") == (200, "ok")
    beside.start(Listen("0.0.0.0", port))
    assert beside.port == port
    assert said(beside, "/healthz") == (200, "ok")


def test_it_listens_on_ipv6_where_there_is_any(metrics, health):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    beside = Listening(metrics, health)
    beside.start(Listen("::1", 0))
    with closing(http.client.HTTPConnection("::1", beside.port, timeout=10)) as connection:
        connection.request("GET", "/healthz")
        assert connection.getresponse().read() == b"ok"
    beside.stop()


def test_an_end_leaves_no_thread_and_no_listener(beside):
    port = beside.port
    beside.stop()
    beside.stop()
    assert beside.port is None
    assert not [thread for thread in threading.enumerate() if thread.name == "metrics"]
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_without_the_library_people_are_told_what_to_install(metrics, health, monkeypatch):
    def missing(name):
        raise ModuleNotFoundError("No module named 'prometheus_client'", name="prometheus_client")

    monkeypatch.setattr(listening, "import_module", missing)
    with pytest.raises(CrawlerError, match=r"pip install 'crawler\[metrics\]'"):
        Listening(metrics, health).start(ANYWHERE)


def test_connections_that_end_while_the_oldest_is_looked_for_end_nothing_else(beside):
    class Ending(dict):
        """All of them end right after they were counted."""

        def __len__(self):
            return answering.CONNECTIONS

    beside._running.server._deadlines = Ending()
    assert said(beside, "/healthz") == (200, "ok")
    assert said(beside, "/healthz") == (200, "ok")
