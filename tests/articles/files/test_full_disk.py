"""A full, read-only or broken disk: no partial files, clear messages."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from articles import drafts
from articles.files.storage import NotStored, store_document, store_picture
from articles.models import File, Rendition, Upload
from articles.word.reader import read_word
from departments.exceptions import WrongState
from ledger.atomic_files import write_atomically
from tests.articles.files.test_documents import PDF
from tests.articles.files.test_renditions import photograph
from tests.articles.word.documents import notice
from tests.factories import nothing_changes
from tests.images import pasted, picture
from tests.test_documentation import PROJECT
from workflow import services

pytestmark = pytest.mark.both_databases("locks and isolation differ")

FAILURES = [errno.ENOSPC, errno.EDQUOT, errno.EROFS]


@pytest.fixture
def failing(monkeypatch, media):
    """Called, it makes the disk fail half way through each file in `media`, with the given error; 0 ends it."""
    write, state = os.write, {"code": 0, "written": 0}

    def half_written(descriptor, data):
        inside = Path(f"/proc/self/fd/{descriptor}").resolve().is_relative_to(media)
        if not (inside and state["code"]):
            return write(descriptor, data)
        if state["written"]:
            state["written"] = 0
            raise OSError(state["code"], os.strerror(state["code"]))
        state["written"] = write(descriptor, data[: max(1, len(data) // 2)])
        return state["written"]

    monkeypatch.setattr("os.write", half_written)

    def fail(code=errno.ENOSPC):
        state.update(code=code, written=0)

    return fail


def on_disk(folder):
    return [file for file in Path(folder).rglob("*") if file.is_file()]


def place(file):
    return Path(default_storage.path(file.path))


def upload(client, data):
    return client.post("/admin/articles/article/editing/upload/", {"file": SimpleUploadedFile("通知.pdf", data)})


@pytest.mark.django_db
@pytest.mark.parametrize("code", FAILURES, ids=errno.errorcode.get)
def test_a_full_disk_is_said_in_chinese_and_leaves_neither_row_nor_file(newsroom, client, media, failing, code):
    client.force_login(newsroom.drafter)
    failing(code)
    with nothing_changes():
        for _again in range(2):
            answer = upload(client, PDF)
            assert answer.status_code == 400 and "磁盘已满" in answer.json()["error"]
    assert not (File.objects.exists() or Upload.objects.exists())
    assert on_disk(media) == []
    failing(0)
    assert upload(client, PDF).status_code == 200
    assert place(File.objects.get()).read_bytes() == PDF


@pytest.mark.django_db
def test_a_picture_has_no_row_when_there_is_no_room_for_its_renditions(newsroom, media, failing, monkeypatch):
    data = photograph()
    write, calls = os.fsync, []

    def full_at_the_second(descriptor):
        calls.append(descriptor)
        if len(calls) == 3:  # file and folder of the first, then the second file
            raise OSError(errno.ENOSPC, "full")
        write(descriptor)

    monkeypatch.setattr("os.fsync", full_at_the_second)
    with pytest.raises(NotStored):
        store_picture(data, newsroom.drafter)
    assert not (File.objects.exists() or Rendition.objects.exists())
    assert all(file.stat().st_size for file in on_disk(media))
    file = store_picture(data, newsroom.drafter)
    made = [one.file for one in file.renditions.select_related("file")]
    assert made and all(place(one).stat().st_size == one.size for one in made)


@pytest.mark.django_db
@pytest.mark.parametrize("content", [b"", PDF[:5], b"x" * len(PDF), None], ids=["empty", "cut", "other", "gone"])
def test_the_same_bytes_brought_again_repair_a_broken_file(newsroom, media, content):
    file = store_document(PDF, newsroom.drafter)
    place(file).unlink()
    if content is not None:
        place(file).write_bytes(content)
    assert store_document(PDF, newsroom.colleague) == file
    assert place(file).read_bytes() == PDF
    assert [one.name for one in on_disk(media)] == [file.digest]


@pytest.mark.django_db
def test_the_same_picture_brought_again_repairs_its_renditions(newsroom, media):
    file = store_picture(photograph(), newsroom.drafter)
    rendition = file.renditions.select_related("file").first().file
    place(rendition).write_bytes(b"")
    store_picture(photograph(), newsroom.drafter)
    assert place(rendition).stat().st_size == rendition.size


@pytest.mark.django_db
def test_a_form_with_a_pasted_picture_keeps_its_text(newsroom, media, failing):
    draft = newsroom.draft().active_draft()
    failing()
    with nothing_changes(), pytest.raises(drafts.ValidationError, match="磁盘已满"):
        drafts.save_draft(draft, {"body": f"<p>{pasted(picture())}</p>"}, by=newsroom.drafter, version=draft.version)


@pytest.mark.django_db
def test_a_word_document_names_the_pictures_that_could_not_be_stored(newsroom, media, failing):
    failing()
    text = read_word(notice(picture()), newsroom.drafter)
    assert any("磁盘已满" in lost for lost in text.lost) and "<img" not in text.html
    assert not File.objects.exists()


def with_attachment(newsroom):
    draft = newsroom.draft().active_draft()
    file = store_document(PDF, newsroom.drafter)
    drafts.attach_file(draft, file, name="报名表", by=newsroom.drafter, version=draft.version)
    return draft, place(file)


@pytest.mark.django_db
@pytest.mark.parametrize("content", [None, b""], ids=["gone", "empty"])
def test_a_text_whose_file_is_missing_is_not_submitted_until_the_file_is_back(newsroom, media, content):
    draft, file = with_attachment(newsroom)
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    with nothing_changes(), pytest.raises(WrongState, match="报名表"):
        services.submit(draft.article, by=newsroom.drafter)
    store_document(PDF, newsroom.colleague)
    assert services.submit(draft.article, by=newsroom.drafter).revision.digest


@pytest.mark.django_db
def test_a_text_whose_file_is_missing_is_not_signed_off(newsroom, media):
    draft, file = with_attachment(newsroom)
    opened = newsroom.reviewed(draft.article)
    seen = opened.revision.digest
    file.write_bytes(b"")
    with nothing_changes(), pytest.raises(WrongState, match="报名表"):
        services.approve(opened, by=newsroom.publisher, seen=seen)
    with nothing_changes(), pytest.raises(WrongState, match="报名表"):
        services.publish_in_emergency(draft.article, by=newsroom.admin, seen=seen, reason="急")
    file.write_bytes(PDF)
    assert services.approve(opened, by=newsroom.publisher, seen=seen)


@pytest.mark.django_db
def test_a_text_whose_cover_is_missing_is_not_submitted(newsroom, media):
    cover = store_picture(picture(), newsroom.drafter)
    article = newsroom.draft(cover=cover)
    place(cover).unlink()
    with nothing_changes(), pytest.raises(WrongState, match="缺失"):
        services.submit(article, by=newsroom.drafter)


def test_a_file_that_cannot_be_written_keeps_what_it_held(tmp_path):
    """In a process that may write 1000 bytes to a file, as a real disk that is full: half of it is written."""
    file = tmp_path / "folder" / "file"
    write_atomically(file, b"before", mode=0o640)
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"before", 0o640)
    script = (
        "import resource, sys; from pathlib import Path; from ledger.atomic_files import write_atomically\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: write_atomically(Path(sys.argv[1]), b'x' * 5000)\n"
        "except OSError as error: print(type(error).__name__)"
    )
    done = subprocess.run([sys.executable, "-c", script, file], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout == "OSError\n"
    assert file.read_bytes() == b"before" and on_disk(tmp_path / "folder") == [file]


def test_a_disk_that_lost_what_was_written_is_found_out(tmp_path, monkeypatch):
    monkeypatch.setattr("os.write", lambda _descriptor, data: len(data))  # says yes and stores nothing
    with pytest.raises(OSError, match="does not hold"):
        write_atomically(tmp_path / "folder" / "file", b"data")
    assert on_disk(tmp_path / "folder") == []


def test_a_file_that_must_be_new_is_never_replaced(tmp_path):
    folder = tmp_path / "folder"
    write_atomically(folder / "key", b"first", replace=False)
    with pytest.raises(FileExistsError):
        write_atomically(folder / "key", b"second", replace=False)
    assert (folder / "key").read_bytes() == b"first" and len(on_disk(folder)) == 1
