"""A scan that cannot run says in one clear line what is wrong and how to mend it, and ends with its exit code."""

import contextlib
import itertools
import json
import signal
import socket
import ssl
import subprocess
import threading
import time

import pytest

from conftest import PROGRAM, read_request

USAGE, UNREACHABLE, INTERRUPTED = 2, 3, 130


def expect_one_clear_line(run, code, *words):
    assert run.code == code, run.err
    last = run.error_lines()[-1]
    assert last.startswith("weir scan: "), run.err
    for word in words:
        assert word in run.err, run.err
    assert "terminate called" not in run.err and "Traceback" not in run.err


@pytest.mark.parametrize(
    "url",
    [
        "",
        "not a url",
        "ftp://127.0.0.1/",
        "http://",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:port/",
        "http://[::1/",
        "http://user:secret@127.0.0.1/",
    ],
)
def test_a_wrong_url_is_a_usage_error(weir, url):
    run = weir("scan", url)
    expect_one_clear_line(run, USAGE)
    assert "secret" not in run.err + run.out


def test_a_foreign_host_needs_authorisation_before_anything_is_sent(weir):
    expect_one_clear_line(weir("scan", "http://192.0.2.1/"), USAGE, "--i-am-authorized")


def test_a_closed_port_is_unreachable(weir, closed_port):
    expect_one_clear_line(weir("scan", f"http://127.0.0.1:{closed_port}/"), UNREACHABLE, str(closed_port))


def test_an_unknown_name_is_unreachable(weir):
    run = weir("scan", "--i-am-authorized", "http://no-such-host.invalid/")
    expect_one_clear_line(run, UNREACHABLE, "no-such-host.invalid")


def test_plain_text_where_tls_is_expected_is_a_tls_error(weir, serve):
    port = serve(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
    expect_one_clear_line(weir("scan", f"https://127.0.0.1:{port}/"), UNREACHABLE, "TLS")


def test_a_redirect_loop_is_told_and_not_followed(weir, serve):
    seen = []

    def redirect(connection):
        while request := read_request(connection):
            seen.append(request)
            connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")

    port = serve(redirect)
    expect_one_clear_line(weir("scan", f"http://127.0.0.1:{port}/"), UNREACHABLE, "redirect")
    assert len(seen) < 50


@pytest.mark.parametrize(
    "rubbish",
    [
        b"",
        b"\x00" * 100,
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/9.9 banana\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
    ],
)
def test_rubbish_instead_of_an_answer(weir, serve, rubbish):
    def answer(connection):
        read_request(connection)
        connection.sendall(rubbish)

    port = serve(answer)
    expect_one_clear_line(weir("scan", f"http://127.0.0.1:{port}/"), UNREACHABLE)


def test_a_target_that_never_answers_does_not_hold_the_scan(weir, serve):
    port = serve(lambda connection: time.sleep(15))
    started = time.monotonic()
    run = weir("scan", f"http://127.0.0.1:{port}/", "--timeout", "1")
    expect_one_clear_line(run, UNREACHABLE)
    assert time.monotonic() - started < 20


def test_endless_headers_are_cut_off(weir, serve):
    def answer(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for number in itertools.count():
            connection.sendall(b"X-%d: %s\r\n" % (number, b"a" * 1000))

    port = serve(answer)
    expect_one_clear_line(weir("scan", f"http://127.0.0.1:{port}/"), UNREACHABLE)


def test_a_body_of_100_mb_is_not_kept(weir, serve):
    body = b"x" * 1_000_000

    def answer(connection):
        while read_request(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
            for _ in range(100):
                connection.sendall(body)

    port = serve(answer)
    run = weir("scan", f"http://127.0.0.1:{port}/", "--max-requests", "20", "--max-wait", "2", "--quiet")
    assert run.code in (0, 1, 3), run.err
    assert "terminate called" not in run.err


def test_writes_need_to_be_allowed(weir, closed_port):
    expect_one_clear_line(weir("scan", f"http://127.0.0.1:{closed_port}/", "--method", "POST"), USAGE, "--allow-writes")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("missing.yaml", None),
        ("empty.yaml", ""),
        ("rubbish.yaml", "\x00\x01: ]["),
        ("not-a-spec.yaml", "hello: world\n"),
        ("tabs.yaml", "openapi: 3.0.0\n\tpaths: {}\n"),
        (
            "bomb.yaml",
            "a: &a [x,x,x,x,x,x,x,x,x]\n"
            + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [" + ",".join([f"*{chr(97 + i)}"] * 9) + "]\n" for i in range(9))
            + "openapi: 3.0.0\npaths: {}\n",
        ),
        ("deep.json", '{"openapi":"3.0.0","paths":' + "[" * 100_000 + "]" * 100_000 + "}"),
    ],
)
def test_a_bad_openapi_document_is_a_usage_error_that_names_the_file(weir, tmp_path, closed_port, name, text):
    if text is not None:
        (tmp_path / name).write_text(text)
    run = weir("scan", f"http://127.0.0.1:{closed_port}/", "--spec", name)
    expect_one_clear_line(run, USAGE, name)


def test_a_full_disk_is_told(weir, serve):
    def answer(connection):
        while read_request(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    port = serve(answer)
    run = weir(
        "scan",
        f"http://127.0.0.1:{port}/",
        "--max-requests",
        "80",
        "--max-wait",
        "2",
        "--quiet",
        "--format",
        "json",
        "--output",
        "/dev/full",
    )
    assert run.code == USAGE
    assert "/dev/full" in run.err


def test_the_listener_is_gone_means_unreachable_not_vulnerable(weir, serve):
    """A target that dies after the first answers must not be reported as if it had been tested."""
    answers = itertools.count()

    def answer(connection):
        while read_request(connection):
            if next(answers) >= 3:
                connection.shutdown(socket.SHUT_RDWR)
                return
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    port = serve(answer)
    run = weir("scan", f"http://127.0.0.1:{port}/", "--max-wait", "2", "--quiet")
    assert run.code == UNREACHABLE, (run.code, run.err)


def test_a_certificate_that_nobody_vouches_for_is_a_tls_error(weir, serve, tmp_path):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"]
        + ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")

    def answer(connection):
        with contextlib.suppress(ssl.SSLError):
            context.wrap_socket(connection, server_side=True).recv(1)

    port = serve(answer)
    expect_one_clear_line(weir("scan", f"https://127.0.0.1:{port}/"), UNREACHABLE, "TLS", "certificate")


def test_a_slow_drip_does_not_hold_the_scan(weir, serve):
    """A byte now and then, for ever: each exchange ends by its deadline all the same."""

    def answer(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(b"X")
            time.sleep(0.2)

    port = serve(answer)
    started = time.monotonic()
    run = weir("scan", f"http://127.0.0.1:{port}/", "--timeout", "1")
    expect_one_clear_line(run, UNREACHABLE, "no answer in time")
    assert time.monotonic() - started < 20


def test_a_cyclic_openapi_document_is_read_and_scanned(weir, serve, tmp_path):
    (tmp_path / "cyclic.yaml").write_text(
        "openapi: 3.0.0\n"
        "info: {title: t, version: '1'}\n"
        "paths:\n"
        "  /tree:\n"
        "    get:\n"
        "      parameters:\n"
        "        - {name: filter, in: query, required: true, schema: {$ref: '#/components/schemas/Node'}}\n"
        "      responses: {'200': {description: ok}}\n"
        "components:\n"
        "  schemas:\n"
        "    Node: {type: object, required: [child], properties: {child: {$ref: '#/components/schemas/Node'}}}\n"
        "    Loop: {$ref: '#/components/schemas/Loop'}\n"
    )
    run = weir("scan", "http://127.0.0.1:1/", "--spec", "cyclic.yaml", "--plan")
    assert run.code in (0, USAGE), run.err
    assert "/tree" in run.out + run.err
    assert "terminate called" not in run.err


def test_a_huge_openapi_document_is_not_read(weir, tmp_path, closed_port):
    with (tmp_path / "huge.yaml").open("wb") as file:
        file.write(b"openapi: 3.0.0\n")
        file.truncate(200_000_000)
    run = weir("scan", f"http://127.0.0.1:{closed_port}/", "--spec", "huge.yaml")
    expect_one_clear_line(run, USAGE, "huge.yaml", "larger than")


def test_ctrl_c_writes_a_partial_report(serve, tmp_path):
    answers = itertools.count()
    asked = threading.Event()

    def answer(connection):
        while read_request(connection):
            status = b"200 OK" if next(answers) < 5 else b"429 Too Many Requests"
            if status.startswith(b"429"):
                asked.set()
            connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\n\r\nok")

    port = serve(answer)
    report = tmp_path / "report.json"
    scan = subprocess.Popen(
        [PROGRAM, "scan", f"http://127.0.0.1:{port}/", "--quiet", "--format", "json", "--output", report],
        stderr=subprocess.PIPE,
    )
    assert asked.wait(20)
    scan.send_signal(signal.SIGINT)
    _, errors = scan.communicate(timeout=30)
    assert scan.returncode == INTERRUPTED, errors
    partial = json.loads(report.read_text())
    assert partial["interrupted"] is True
    assert partial["limits"][0]["operation"] == "GET /"
