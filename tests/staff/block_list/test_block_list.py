"""The block list in the admin: seen, searched, added to, imported into, deleted from."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from callbacks.abuse import block_keys, block_list
from callbacks.core import clock
from callbacks.models import AuditEntry, Block, BlockKind
from callbacks.staff.block_list.block_import import MOST_BYTES, MOST_LINES
from callbacks.staff.block_list.block_lines import BATCH
from tests.support.samples.hostile import HOSTILE, large_file
from tests.support.staff.pages import make_staff, messages_on, signed_in
from tests.support.staff.rights import granted

pytestmark = pytest.mark.django_db

LIST = reverse("admin:callbacks_block_changelist")
ADD = reverse("admin:callbacks_block_add")
IMPORT = reverse("admin:callbacks_block_import")
SAMPLE = reverse("admin:callbacks_block_sample")
NUMBER = "+33612345678"


def page(client: Client, address: str, **data: Any) -> str:
    answer = client.get(address, data, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def show_url(block: Block) -> str:
    return reverse("admin:callbacks_block_show", args=[block.pk])


def change_url(block: Block) -> str:
    return reverse("admin:callbacks_block_change", args=[block.pk])


def test_numbers_are_masked_for_everybody_until_asked_for(staff: Client) -> None:
    block, _ = block_list.add(BlockKind.NUMBER, NUMBER, reason="06.12.34.56.78 was rude")
    block_list.add(BlockKind.PREFIX, NUMBER)
    guard = signed_in(make_staff("guard", "view_block"))
    for client in (guard, staff):
        for address in (LIST, change_url(block)):
            html = page(client, address)
            assert "+33 6 •• •• •• 78" in html
            assert "••• was rude" in html
            for whole in ("12 34 56", "12.34.56", NUMBER):
                assert whole not in html
    assert "+3361234••••" in page(guard, LIST)
    assert show_url(block) not in page(guard, change_url(block))
    assert not AuditEntry.objects.filter(action="block.unmask").exists()


def test_who_may_sees_one_entry_on_record() -> None:
    block, _ = block_list.add(BlockKind.NUMBER, NUMBER)
    boss = granted(make_staff("boss", "view_block"), "unmask_callrequest")
    client = signed_in(boss)
    assert show_url(block) in page(client, change_url(block))
    assert client.get(show_url(block)).status_code == 405
    html = client.post(show_url(block), follow=True).content.decode()
    assert "+33 6 12 34 56 78" in html
    assert show_url(block) not in html
    entry = AuditEntry.objects.get(action="block.unmask")
    assert (entry.person, entry.about) == (boss, f"Number #{block.pk}")
    assert "12 34 56" not in page(client, LIST)
    assert "12 34 56" not in page(signed_in(boss), change_url(block))


def test_who_may_not_unmask_is_refused() -> None:
    block, _ = block_list.add(BlockKind.NUMBER, NUMBER)
    guard = signed_in(make_staff("guard", "view_block"))
    blind = signed_in(granted(make_staff("blind"), "unmask_callrequest"))
    for client in (guard, blind):
        assert client.post(show_url(block)).status_code == 403
    assert not AuditEntry.objects.filter(action="block.unmask").exists()


def test_what_has_nothing_hidden_offers_nothing_to_show(staff: Client) -> None:
    for kind, value in ((BlockKind.DOMAIN, "example.fr"), (BlockKind.PREFIX, "+336123")):
        block, _ = block_list.add(kind, value)
        html = page(staff, change_url(block))
        assert value in html
        assert show_url(block) not in html
    assert staff.post(show_url(Block(pk=10**9))).status_code == 404


def test_who_has_no_permission_sees_and_does_nothing(agent: User) -> None:
    block, _ = block_list.add(BlockKind.NUMBER, NUMBER)
    client = signed_in(agent)
    for address in (LIST, ADD, IMPORT, reverse("admin:callbacks_block_delete", args=[block.pk])):
        assert client.get(address).status_code == 403, address
        assert client.post(address, {"text": "domain,a.fr"}).status_code == 403, address
    assert client.post(LIST, {"q": NUMBER}).status_code == 403
    viewer = signed_in(make_staff("viewer", "view_block"))
    assert viewer.post(IMPORT, {"text": "domain,a.fr"}).status_code == 403
    assert Block.objects.count() == 1


def test_an_entry_is_added_and_is_on_record(staff: Client, chief: User) -> None:
    data = {"kind": "number", "value": "06 12 34 56 78", "reason": "rude"}
    assert staff.post(ADD, data).status_code == 302
    block = Block.objects.get()
    assert (block.value, block.reason, block.author) == (NUMBER, "rude", chief)
    assert block_list.is_blocked(number=NUMBER)
    entries = AuditEntry.objects.filter(action="block.add", person=chief)
    assert entries.exists()
    assert not any("612345678" in entry.about + entry.detail for entry in entries)


def test_adding_again_renews(staff: Client) -> None:
    block_list.add(BlockKind.NUMBER, NUMBER, until=clock.now() + timedelta(days=1))
    answer = staff.post(ADD, {"kind": "number", "value": NUMBER}, follow=True)
    assert any("renewed" in message for message in messages_on(answer.content.decode()))
    assert Block.objects.get().until is None


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        ("number", "abc", "This is not a phone number."),
        ("prefix", "+33", "Enter the beginning of the number in international format"),
        ("domain", "not a domain", "This is not an email domain."),
        ("address", "10.0.0.0/4", "This network is too large."),
        ("address", "x", "This is not an IP address or a network."),
    ],
)
def test_what_is_wrong_is_said_on_the_field(
    staff: Client, kind: str, value: str, sentence: str
) -> None:
    answer = staff.post(ADD, {"kind": kind, "value": value})
    assert sentence in answer.context["adminform"].form.errors["value"][0]
    assert not Block.objects.exists()


def test_an_end_in_the_past_is_refused(staff: Client) -> None:
    data = {"kind": "domain", "value": "a.fr", "until": "2020-01-01"}
    assert "until" in staff.post(ADD, data).context["adminform"].form.errors


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("06.12.34.56.78", {"number", "prefix"}),
        ("+33 6 12 34 56 78", {"number", "prefix"}),
        ("+336123", {"prefix"}),
        ("jo@mail.example.fr", {"domain"}),
        ("example.fr", {"domain"}),
        ("192.0.2.7", {"address"}),
        ("192.0.2.0/24", {"address"}),
    ],
)
def test_a_search_finds_what_covers_it_and_types_nothing_into_an_address(
    staff: Client, typed: str, found: set[str]
) -> None:
    block_list.add(BlockKind.NUMBER, NUMBER)
    block_list.add(BlockKind.PREFIX, "+336123")
    block_list.add(BlockKind.DOMAIN, "example.fr")
    block_list.add(BlockKind.ADDRESS, "192.0.2.0/24")
    block_list.add(BlockKind.NUMBER, "+33699999999")
    answer = staff.post(LIST, {"q": typed})
    assert typed not in answer["Location"]
    assert "612345678" not in answer["Location"]
    listed = staff.get(answer["Location"]).context["cl"].queryset
    assert {block.kind for block in listed} == found
    assert "+33699999999" not in {block.value for block in listed}


def test_a_search_without_a_hit_shows_no_entry_and_what_may_be_searched_for(
    staff: Client,
) -> None:
    block_list.add(BlockKind.NUMBER, NUMBER)
    answer = staff.post(f"{LIST}?state=in_force", {"q": "06 99 99 99 99"})
    html = answer.content.decode()
    assert not answer.context["cl"].queryset.exists()
    assert 'value="06 99 99 99 99"' in html
    for way in ("whole phone number", "beginning of numbers", "domain", "IP address"):
        assert way in html
    # The filter is still set, and a search with a hit keeps it, too.
    assert [chip.value for chip in answer.context["cl"].chips()] == ["In force"]
    answer = staff.post(f"{LIST}?state=in_force&p=3", {"q": NUMBER})
    assert answer["Location"].startswith(f"{LIST}?state=in_force&q=")


def test_the_filters_tell_kinds_and_states_apart(staff: Client) -> None:
    now = clock.now()
    ended, _ = block_list.add(BlockKind.DOMAIN, "ended.fr", until=now - timedelta(days=1))
    lasting, _ = block_list.add(BlockKind.NUMBER, NUMBER)
    for query, expected in (
        ({"state": "ended"}, ended),
        ({"state": "in_force"}, lasting),
        ({"kind__exact": "number"}, lasting),
    ):
        assert list(staff.get(LIST, query).context["cl"].queryset) == [expected]


def test_deleting_asks_first_and_is_on_record(staff: Client) -> None:
    block, _ = block_list.add(BlockKind.NUMBER, NUMBER)
    address = reverse("admin:callbacks_block_delete", args=[block.pk])
    assert NUMBER not in page(staff, address)
    assert Block.objects.exists()
    staff.post(address, {"post": "yes"})
    assert not Block.objects.exists()
    assert AuditEntry.objects.filter(action="block.delete", about=f"Number #{block.pk}").exists()


LINES = """kind,value,reason,until
number,06 12 34 56 78,"rude, twice",
domain,Example.FR,,2999-01-31

prefix,+33
number,+33612345678,again
fish,x
address,192.0.2.0/24,,yesterday
domain,a.fr,,2020-01-01
domain,b.fr,x,,too,many
domain,"c.fr
"""


def test_an_import_is_looked_over_first(staff: Client) -> None:
    answer = staff.post(IMPORT, {"text": LINES})
    wrong = {line.place: line.problem for line in answer.context["wrong"]}
    assert sorted(wrong) == [5, 6, 7, 8, 9, 10, 11]
    assert wrong[6] == "Same as line 2."
    assert [line.place for line in answer.context["right"]] == [2, 3]
    assert not Block.objects.exists()


def test_a_confirmed_import_adds_the_lines_that_are_right(staff: Client, chief: User) -> None:
    staff.post(IMPORT, {"text": LINES, "confirmed": "yes"})
    assert set(Block.objects.values_list("kind", "reason")) == {
        ("number", "rude, twice"),
        ("domain", ""),
    }
    assert set(Block.objects.values_list("author", flat=True)) == {chief.pk}
    # A day counts to its end, where the site is.
    assert Block.objects.get(kind="domain").until.isoformat() == "2999-01-31T23:00:00+00:00"  # type: ignore[union-attr]
    assert AuditEntry.objects.filter(action="block.import", person=chief).count() == 1


WANTED = {
    ("number", NUMBER, "rude, twice", "2999-01-31"),
    ("domain", "example.fr", "", None),
}
# The same two entries, as spreadsheets and people write them.
WRITTEN = {
    "with commas": 'number,06 12 34 56 78,"rude, twice",2999-01-31\ndomain,Example.fr',
    "with semicolons, as Excel does in French": (
        "number;06 12 34 56 78;rude, twice;31/01/2999\ndomain;example.fr;;"
    ),
    "with tabs, as cells are pasted": (
        "number\t06 12 34 56 78\trude, twice\t2999-01-31\ndomain\texample.fr\t\t"
    ),
    "all in quotes": (
        '"kind";"value";"reason";"until"\n"number";"06 12 34 56 78";"rude, twice";"2999-01-31"\n'
        '"domain";"example.fr";"";""'
    ),
    "with capitals": (
        'Kind,Value,Reason,Until\nNUMBER,+33612345678,"rude, twice",2999-01-31\nDomain,EXAMPLE.FR'
    ),
    "with the words of the page": (
        'Number,0612345678,"rude, twice",2999-01-31\nEmail domain,example.fr'
    ),
    "with French words": (
        "Genre;Valeur;Motif;Jusqu’au\nNuméro;06.12.34.56.78;rude, twice;31.01.2999\n"
        "domaine;example.fr"
    ),
    "in another order, with a column of no use": (
        "Name;Until;Reason;Value;Kind\nJo;2999-01-31;rude, twice;0612345678;number\n"
        "Al;;;example.fr;domain"
    ),
    "with the line that Excel adds": (
        "sep=;\nnumber;0612345678;rude, twice;2999-01-31\ndomain;example.fr"
    ),
    "with a space behind each separator": (
        'number, 06 12 34 56 78, "rude, twice", 2999-01-31\ndomain, example.fr'
    ),
    "with a mark at the beginning": (
        '\ufeffkind,value,reason,until\nnumber,0612345678,"rude, twice",2999-01-31\n'
        "domain,example.fr"
    ),
}


@pytest.mark.parametrize("way", WRITTEN)
def test_lines_are_read_as_spreadsheets_and_people_write_them(staff: Client, way: str) -> None:
    answer = staff.post(IMPORT, {"text": WRITTEN[way]})
    assert [line.problem for line in answer.context["wrong"]] == []
    found = {
        (line.kind, line.value, line.reason, line.last_day and line.last_day.isoformat())
        for line in answer.context["right"]
    }
    assert found == WANTED
    assert "until 31 Jan. 2999" in " ".join(answer.content.decode().split())


@pytest.mark.parametrize(
    "text",
    [
        "06 12 34 56 78\n+33 6 12 34 56 79\n",
        "Téléphone\n0612345678\n0612345679",
        '"06 12 34 56 78"\r\n"06 12 34 56 79"\r\n',
        "06 12 34 56 78;rude\n06 12 34 56 79;",
        "Nom;Téléphone\nJo;0612345678\nAl;0612345679",
        "06 12 34 56 78\trude\t2999-01-31\n06 12 34 56 79",
    ],
)
def test_a_list_of_numbers_alone_will_do(staff: Client, text: str) -> None:
    answer = staff.post(IMPORT, {"text": text})
    assert [line.problem for line in answer.context["wrong"]] == []
    assert [(line.kind, line.value) for line in answer.context["right"]] == [
        ("number", "+33612345678"),
        ("number", "+33612345679"),
    ]


@pytest.mark.parametrize("text", ["jo@gmail.com", "gmail.com", "+336123", "192.0.2.7"])
def test_a_line_without_a_kind_blocks_a_number_or_nothing(staff: Client, text: str) -> None:
    """One email in a list would block everybody at gmail.com."""
    answer = staff.post(IMPORT, {"text": f"{text}\n{text}"})
    assert [line.problem for line in answer.context["right"]] == []
    assert len(answer.context["wrong"]) == 2


@pytest.mark.parametrize(
    "content",
    [
        "numéro;0612345678;déjà appelé".encode(),
        b"\xef\xbb\xbf" + "numéro;0612345678;déjà appelé".encode(),
        "numéro;0612345678;déjà appelé".encode("cp1252"),
        "numéro\t0612345678\tdéjà appelé".encode("utf-16"),
    ],
    ids=["UTF-8", "UTF-8 with a mark", "Windows-1252", "UTF-16"],
)
def test_a_file_is_read_in_the_encodings_that_spreadsheets_save(
    staff: Client, content: bytes
) -> None:
    answer = staff.post(IMPORT, {"file": SimpleUploadedFile("list.csv", content)})
    assert [(line.value, line.reason) for line in answer.context["right"]] == [
        (NUMBER, "déjà appelé")
    ]


def test_a_spreadsheet_itself_is_refused_with_what_to_do(staff: Client) -> None:
    upload = SimpleUploadedFile("list.xlsx", b"PK\x03\x04 and so on")
    assert "Save it as CSV" in staff.post(IMPORT, {"file": upload}).content.decode()


@pytest.mark.parametrize("reader", ["en", "fr"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_sample_file_is_offered_and_can_be_imported_whole(
    staff: Client, language: str, reader: str
) -> None:
    """Also by a colleague who works in the other language."""
    headers = {"accept-language": language}
    assert SAMPLE in staff.get(IMPORT, headers=headers).content.decode()
    answer = staff.get(SAMPLE, headers=headers)
    assert answer["Content-Disposition"] == 'attachment; filename="block-list.csv"'
    upload = SimpleUploadedFile("block-list.csv", answer.content)
    looked_over = staff.post(IMPORT, {"file": upload}, headers={"accept-language": reader})
    assert [line.problem for line in looked_over.context["wrong"]] == []
    assert {line.kind for line in looked_over.context["right"]} == set(BlockKind.values)
    onlooker = signed_in(make_staff("sees", "view_block"))
    assert onlooker.get(SAMPLE).status_code == 403


def test_the_last_day_of_an_entry_is_the_day_that_was_typed(staff: Client) -> None:
    staff.post(ADD, {"kind": "domain", "value": "a.fr", "until": "2999-01-31"})
    block = Block.objects.get()
    for address in (LIST, change_url(block)):
        html = page(staff, address)
        assert "Until 31 Jan. 2999" in html
        assert "1 Feb" not in html


def test_a_file_is_taken_and_shown_for_the_confirmation(staff: Client) -> None:
    upload = SimpleUploadedFile("list.csv", "\ufeffdomain,é.fr\r\n".encode())
    answer = staff.post(IMPORT, {"file": upload})
    assert [line.value for line in answer.context["right"]] == ["xn--9ca.fr"]
    assert "domain,é.fr" in answer.content.decode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"\xff\xfe\x00",
        b"\x81",
        b"x" * (MOST_BYTES + 1),
        b"domain,a.fr\n" * (MOST_LINES + 1),
        b"\0" * 6_000_000,
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_with_a_sentence(
    staff: Client, content: bytes
) -> None:
    answer = staff.post(IMPORT, {"file": SimpleUploadedFile("f", content), "confirmed": "yes"})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert not Block.objects.exists()


def test_a_large_file_is_chosen_again_for_the_confirmation(staff: Client) -> None:
    block_list.add(BlockKind.DOMAIN, "d7.many.example")
    answer = staff.post(IMPORT, {"file": large_file(3000)})
    html = answer.content.decode()
    assert "3000 lines are right" in html
    assert "and 2800 more lines" in html
    assert "d199.many.example" in html
    assert "d200.many.example" not in html
    assert 'id="again_file"' in html
    assert Block.objects.count() == 1
    confirmed = {"confirmed": "yes", "digest": answer.context["digest"]}

    answer = staff.post(IMPORT, confirmed | {"file": large_file(3000, "other.example")})
    assert "not the file that was checked" in answer.content.decode()
    assert Block.objects.count() == 1

    answer = staff.post(IMPORT, confirmed | {"file": large_file(3000)}, follow=True)
    assert Block.objects.count() == 3000
    [message] = messages_on(answer.content.decode())
    assert message.startswith("3000 entries are on the block list.")
    assert "New: 2999. Renewed: 1. Lines left out: 0." in message


def test_a_batch_is_one_query_and_all_or_nothing(
    chief: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    block_list.add(BlockKind.NUMBER, NUMBER, reason="old")
    entries = [("domain", f"d{place}.example", "new", None) for place in range(BATCH - 1)]
    entries.append(("number", NUMBER, "new", None))
    with monkeypatch.context() as broken:
        broken.setattr("callbacks.accounts.audit_log.record", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            block_list.add_many(entries, author=chief)
    assert [block.reason for block in Block.objects.all()] == ["old"]
    with CaptureQueriesContext(connection) as captured:
        block_list.add_many(entries, author=chief)
    asked = [query["sql"] for query in captured.captured_queries]
    assert sum("callbacks_block" in sql for sql in asked) == 1
    assert Block.objects.filter(reason="new", author=chief).count() == BATCH
    assert block_list.is_blocked(number=NUMBER)


@pytest.mark.thorough
@pytest.mark.parametrize("value", HOSTILE)
def test_nothing_hostile_breaks_it(staff: Client, value: str) -> None:
    for address, data in (
        (LIST, {"q": value}),
        (ADD, {"kind": value, "value": value, "reason": value, "until": value}),
        *((ADD, {"kind": kind, "value": value, "reason": value}) for kind in BlockKind.values),
        (IMPORT, {"text": value}),
        (IMPORT, {"text": f'number,"{value}",{value},{value}', "confirmed": "yes"}),
        *((IMPORT, {"text": f"{kind},{value}", "confirmed": value}) for kind in BlockKind.values),
        (IMPORT, {"file": SimpleUploadedFile("f", f"address,{value}".encode())}),
        (LIST, {"action": "delete_selected", "_selected_action": value}),
    ):
        answer = staff.post(address, data, follow=True)
        assert answer.status_code in {200, 400}, (address, data)
        assert "X-Injected" not in answer
    for parameter in ("q", "kind__exact", "state", "p", "o", "key__contains", "value"):
        assert staff.get(LIST, {parameter: value}, follow=True).status_code in {200, 400}
    assert staff.get(f"{LIST}9999999/change/", follow=True).status_code == 200


def test_digits_of_other_alphabets_are_read_as_what_they_look_like_or_not_at_all(
    staff: Client,
) -> None:
    for value in ("٠٦١٢٣٤٥٦٧٨", "𝟎𝟔 𝟏𝟐 𝟑𝟒 𝟓𝟔 𝟕𝟖", "O6 l2 34 56 78", "\u202e06 12 34 56 78\u202c"):
        staff.post(ADD, {"kind": "number", "value": value})
    assert set(Block.objects.values_list("key", flat=True)) <= {
        block_keys.key_of(BlockKind.NUMBER, NUMBER)
    }
