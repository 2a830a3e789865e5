"""Webhook messages, received by a local server."""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.factories import grant, person
from tests.workflow.action_calls import give_back
from tests.workflow.messages import give_address, let_time_pass
from workflow import services
from workflow.models import Delivery, DeliveryState, Notification
from workflow.notifications import delivery
from workflow.notifications.delivery import deliver

pytestmark = pytest.mark.django_db


@pytest.fixture
def newsroom(newsroom):
    give_address(newsroom.reviewer)
    return newsroom


class Robot:
    """A group robot on this machine: keeps what is posted, answers as `answer` and `status` say."""

    def __init__(self):
        self.posts, self.status, self.answer = [], 200, {"errcode": 0, "errmsg": "ok"}
        robot = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                robot.posts.append((self.headers["Content-Type"], json.loads(body)))
                answer = json.dumps(robot.answer).encode()
                self.send_response(robot.status)
                if robot.status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/send?key=secret"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def texts(self):
        return [body["text"]["content"] for _kind, body in self.posts]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def robots(settings):
    """Two of them."""
    made = [Robot(), Robot()]
    settings.WEBHOOK_URLS = [robot.url for robot in made]
    yield made
    for robot in made:
        robot.stop()


def test_each_act_is_posted_once_to_each_group_however_many_people_are_told(newsroom, robots):
    grant(person("second"), "reviewer", newsroom.department, newsroom.admin)
    waiting = newsroom.submitted(title="关于开展检查的通知")
    give_back(waiting, newsroom.reviewer, "请补充数据")
    deliver()
    for robot in robots:
        assert [(kind, body["msgtype"], set(body), set(body["text"])) for kind, body in robot.posts] == [
            ("application/json; charset=utf-8", "text", {"msgtype", "text"}, {"content"})
        ] * 2
        first, second = robot.texts()
        assert "关于开展检查的通知" in first and newsroom.drafter.full_name in first
        assert "请补充数据" in second
        assert f"http://testserver/admin/articles/article/{waiting.article_id}/overview/" in first
    assert deliver() == delivery.DeliveryCounts()


def test_a_group_is_told_of_an_act_that_no_person_is_told_of(newsroom, robots):
    services.publish_in_emergency(
        (article := newsroom.draft()),
        by=newsroom.admin,
        seen=article.active_draft().compute_digest(),
        reason="汛情",
    )
    Notification.objects.exclude(person=None).delete()
    deliver()
    assert "汛情" in robots[0].texts()[0]


def test_what_one_group_refuses_is_tried_again_there_and_not_repeated_in_the_other(newsroom, robots):
    """Scenario 45."""
    robots[0].answer = {"errcode": 45009, "errmsg": "api freq out of limit"}
    newsroom.submitted()
    assert deliver() == delivery.DeliveryCounts(sent=2, failed=1)  # a mail, and the other group
    assert "45009" in Delivery.objects.get(state=DeliveryState.PENDING).last_error
    robots[0].answer = {"errcode": 0}
    let_time_pass(minutes=1)
    assert deliver() == delivery.DeliveryCounts(sent=1)
    assert [len(robot.posts) for robot in robots] == [2, 1]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_any_answer_but_success_is_a_failure_and_no_redirect_is_followed(newsroom, robots, status):
    robots[0].status = status
    newsroom.submitted()
    assert deliver().failed == 1
    assert len(robots[0].posts) == 1


def test_the_secret_address_of_a_robot_stands_nowhere_in_the_database(newsroom, robots):
    robots[0].status = 500
    newsroom.submitted()
    deliver()
    assert not [row for row in Delivery.objects.values_list() if "secret" in str(row)]


def test_a_message_for_a_robot_that_is_no_longer_set_up_is_given_up(newsroom, robots, settings):
    newsroom.submitted()
    delivery.queue_deliveries()
    settings.WEBHOOK_URLS = [robots[1].url]
    assert deliver() == delivery.DeliveryCounts(sent=2, given_up=1)
    assert robots[0].posts == []


def test_a_post_stays_within_what_robots_take_and_keeps_its_link(newsroom, robots):
    waiting = newsroom.submitted(title="长" * 200)
    give_back(waiting, newsroom.reviewer, "改" * 2000)
    deliver()
    text = robots[0].texts()[1]
    assert len(text.encode()) <= 2048 and text.endswith(f"/{waiting.article_id}/overview/")


def test_without_a_robot_set_up_no_rows_are_written_for_groups(newsroom, settings):
    settings.WEBHOOK_URLS = []
    newsroom.submitted()
    assert not Notification.objects.filter(person=None).exists()


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://example.org/", "qyapi.weixin.qq.com/send", "https://"]
)
def test_an_address_that_is_not_http_stops_the_site_from_starting(address, environment):
    command = [sys.executable, "-c", "import portal.settings"]
    given = {**os.environ, **environment, "WEBHOOK_URLS": address}
    place = Path(__file__).resolve().parents[3]
    ended = subprocess.run(command, cwd=place, env=given, capture_output=True, text=True, check=False)
    assert ImproperlyConfigured.__name__ in ended.stderr
    given["WEBHOOK_URLS"] = "https://example.org/a?key=1,http://example.org/b"
    subprocess.run(command, cwd=place, env=given, check=True)
