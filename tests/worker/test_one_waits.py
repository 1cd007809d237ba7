"""The threads of a worker take turns at waiting: each message goes to one, none is overlooked."""

import threading

import pytest
from django.db import connection

from callbacks.worker import storages

THREADS = 4
MESSAGES = 40
PATIENCE = 20


@pytest.fixture
def huey(tmp_path):
    if connection.vendor == "postgresql":
        config = connection.settings_dict
        dsn = f"postgresql://{config['USER']}@{config['HOST']}:{config['PORT']}/{config['NAME']}"
        instance = storages.PostgresHuey("turns", dsn=dsn, results=False)
    else:
        instance = storages.SqliteHuey("turns", filename=str(tmp_path / "q"), results=False)
    yield instance
    instance.storage.flush_queue()
    instance.storage.close()


def taken_by_threads(storage, count):
    """What `THREADS` threads take, until there are so many; and the threads' names."""
    taken, done = [], threading.Event()

    def take():
        is_over = False
        while not is_over:
            if (data := storage.dequeue()) is not None:
                taken.append((data, threading.current_thread().name))
                if len(taken) >= count:
                    done.set()
            # Not before the first turn: a thread may begin when another one has taken all.
            is_over = done.is_set()

    threads = [threading.Thread(target=take) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    return taken, done, threads


@pytest.mark.django_db
def test_each_message_is_taken_once(huey):
    taken, done, threads = taken_by_threads(huey.storage, MESSAGES)
    for number in range(MESSAGES):
        huey.storage.enqueue(b"%d" % number)
    assert done.wait(PATIENCE)
    for thread in threads:
        thread.join()
    assert sorted(data for data, _ in taken) == sorted(b"%d" % n for n in range(MESSAGES))


@pytest.mark.django_db
def test_a_message_wakes_the_one_that_waits(huey, monkeypatch):
    storage, waits = huey.storage, threading.Event()
    wait = storage.wait_for_message

    def telling(seconds):
        waits.set()
        wait(seconds)

    monkeypatch.setattr(storage, "wait_for_message", telling)
    monkeypatch.setattr(storages, "WAIT_SECONDS", 10 * PATIENCE)
    taken, done, threads = taken_by_threads(storage, 1)
    assert waits.wait(PATIENCE)
    storage.enqueue(b"x")
    assert done.wait(PATIENCE)
    for _ in range(THREADS - 1):  # so that the others end as well
        storage.enqueue(b"x")
    for thread in threads:
        thread.join(PATIENCE)
    assert len(taken) == THREADS


@pytest.mark.postgresql
@pytest.mark.django_db
def test_all_threads_share_one_listening_connection(huey):
    _taken, done, threads = taken_by_threads(huey.storage, THREADS)
    for _ in range(THREADS):
        huey.storage.enqueue(b"x")
    assert done.wait(PATIENCE)
    for thread in threads:
        thread.join()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*) FROM pg_stat_activity"
            " WHERE query LIKE 'listen%' AND datname = current_database()"
        )
        assert cursor.fetchone()[0] <= 1


@pytest.mark.postgresql
@pytest.mark.django_db
def test_a_message_does_not_wait_for_the_disk_and_a_request_does(huey):
    def waits(cursor):
        cursor.execute("SHOW synchronous_commit")
        return cursor.fetchone()[0]

    with huey.storage.db() as queue, connection.cursor() as cursor:
        assert (waits(queue), waits(cursor)) == ("off", "on")
