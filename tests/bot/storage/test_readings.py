from __future__ import annotations

import pytest

from bot.errors import NotAllowed
from bot.storage.audit import verify
from bot.storage.journal import Journal
from bot.storage.readings import Readings

from .show import ROOM, T0, batch, full_show, judged


@pytest.fixture
def shown(journal: Journal, readings: Readings) -> Readings:
    for one in full_show():
        journal.commit(one)
    return readings


def test_the_figures_can_be_counted_by_hand(shown: Readings) -> None:
    counts = shown.counts("s1")
    assert (counts.comments, counts.judged, counts.dropped, counts.duplicates, counts.gaps) == (
        31,
        31,
        0,
        2,
        1,
    )
    assert counts.events == {"comment": 31, "gap": 1, "gift": 1, "like": 1, "order": 1, "speech": 1}
    assert counts.faq == {"price": 3}
    assert counts.purchase == {"0": 28, "2": 3}
    assert counts.negative == {"quality": 1}
    assert counts.banned == {"D01": 2}
    assert counts.replies == {"queued": 1, "suggested": 1}
    assert counts.withheld == {"no_phrase": 1, "unsure": 1}
    assert (counts.cases, counts.cases_by_state, counts.flags) == (1, {"new": 1}, 2)
    assert (counts.entries, counts.entries_refused) == (2, {"duplicate": 1, "unknown_viewer": 1})
    assert shown.counts() == shown.counts(["s1"]) == counts
    assert shown.counts("none").comments == 0


def test_sessions_and_minutes(shown: Readings) -> None:
    (session,) = shown.sessions(ROOM)
    assert (session.id, session.room, session.reason, session.clock_source) == (
        "s1",
        str(ROOM),
        "live_end",
        "replay",
    )
    assert shown.session("s1") == session
    assert shown.session("nope") is None
    minutes = shown.minutes("s1")
    assert sum(one.comments for one in minutes) == 31
    assert sum(one.replies for one in minutes) == 2
    assert minutes[0].start_ms <= T0 < minutes[0].start_ms + 60_000


def test_comments_come_oldest_first_in_pages(shown: Readings) -> None:
    assert [one.seq for one in shown.comments("s1", reader=None, limit=3)] == [28, 29, 30]
    assert [one.seq for one in shown.comments("s1", reader=None, before_seq=28, limit=2)] == [26, 27]
    assert [one.seq for one in shown.comments("s1", reader=None, after_seq=0, limit=2)] == [1, 2]
    assert [one.seq for one in shown.comments("s1", reader=None, flagged=True)] == [3, 4]
    assert [one.seq for one in shown.comments("s1", reader=None, negative=True)] == [4]
    assert [one.seq for one in shown.comments("s1", reader=None, intent="price")] == [0, 1, 2]
    first = shown.comment("s1-0", reader=None)
    assert first is not None
    assert (first.words, first.reply_state, first.decision["reply"]["phrase_id"]) == (None, "queued", "p-1")


def test_reading_words_is_recorded_and_not_reading_them_is_not(shown: Readings) -> None:
    before = shown.chains()[str(ROOM)]
    shown.comments("s1", reader=None)
    assert shown.chains()[str(ROOM)] == before
    seen = shown.comments("s1", reader="li", after_seq=2, limit=3)
    assert [one.words and one.words.text for one in seen] == ["加薇信领福利", "掉色要退款", "扣1"]
    assert seen[0].words is not None
    assert (seen[0].words.name, seen[0].words.spans, seen[0].words.readings) == (
        "小王",
        ("加薇信",),
        ("加微信",),
    )
    (record,) = shown.records(str(ROOM), record_type="access")
    assert (record.body["data"]["reader"], record.body["data"]["comments"]) == ("li", [[3, 5]])


def test_hostile_words_come_back_as_text_that_any_page_takes(shown: Readings) -> None:
    one = shown.comment("s1-9", reader="li")
    assert one is not None
    assert one.words is not None
    assert one.words.text == "<script>\0\ufffd 'x; DROP TABLE comment"
    one.words.text.encode()


def test_without_a_journal_no_words(shown: Readings) -> None:
    with pytest.raises(NotAllowed, match="to record who read"):
        Readings(shown.store).comments("s1", reader="li")
    assert Readings(shown.store).counts("s1").comments == 31


def test_open_questions_are_merged(journal: Journal, readings: Readings) -> None:
    from bot.decision import Decision
    from classifiers.verdict import Faq, Negative, Purchase, Verdict

    from .show import VERSIONS

    asked = Verdict(Faq("stock", 0.9), Purchase(2, 0.9), Negative(), (), VERSIONS, "有货吗")
    withheld = Decision(withheld="no_phrase")
    unsure = Decision(withheld="unsure")
    journal.commit(batch([
        judged(0, uid="a", words="有货吗", verdict=asked, decision=withheld),
        judged(1, uid="b", words="还有货吗", verdict=asked, decision=withheld),
        judged(2, uid="b", words="能洗吗", decision=unsure),
        judged(3, uid="c", words="能洗吗", decision=unsure),
        judged(4, uid="c", words="多少钱", decision=Decision(withheld="merged")),
    ], opened=True))  # fmt: skip
    merged = readings.unanswered("s1", reader="li")
    assert [(one.intent, one.reason, one.count, one.askers, one.buying) for one in merged] == [
        (None, "unsure", 2, 2, 0),
        ("stock", "no_phrase", 2, 2, 2),
    ]
    assert merged[0].example.id == "s1-3"
    assert readings.unanswered("s1", reader=None, since_ms=T0 + 10**6) == []


def test_search_finds_phrases_not_scattered_characters(shown: Readings) -> None:
    assert [one.id for one in shown.search("退款", reader="li", session="s1")][-1] == "s1-4"
    assert {one.id for one in shown.search("加微信", reader="li")} >= {"s1-3"}  # By its normalised words.
    assert shown.search("款退", reader="li") == []
    assert shown.search("  ", reader="li") == []
    assert shown.search('") OR 1=1 --', reader="li") == []
    assert shown.search("退款", reader="li", session="other") == []
    told = [record.body["data"] for record in shown.records(str(ROOM), record_type="access")]
    assert all("退" not in repr(one) for one in told)


def test_search_by_sound_when_syllables_are_given(journal: Journal, readings: Readings) -> None:
    sounds = {"退": "tui", "腿": "tui", "款": "kuan", "宽": "kuan"}
    journal.terms._syllables = lambda words: [sounds.get(one, one) for one in words]
    journal.commit(batch([judged(0, words="我要退款"), judged(1, words="款退")], opened=True))
    assert [one.id for one in readings.search("腿宽", reader="li")] == ["s1-0"]


def test_evidence_holds_everything_about_a_comment(journal: Journal, shown: Readings) -> None:
    journal.claim(1, "li", 1, T0)
    journal.checkpoint(force=True)
    evidence = shown.evidence("s1-4", reader="hu")
    assert evidence is not None
    assert evidence.comment.words is not None
    assert evidence.comment.words.text == "掉色要退款"
    assert evidence.commitment_holds is True
    assert evidence.record.body["data"]["comment"] == "s1-4"
    assert evidence.versions == {"model": "model-1", "rulebook": "rules-1", "normalizer": "normal-1"}
    assert evidence.sealed_by is not None
    assert [case.holder for case in evidence.cases] == ["li"]
    assert [record.body["data"]["act"] for record in evidence.history] == ["claim"]
    assert [one.seq for one in evidence.before] == [0, 1, 2, 3]
    assert [one.seq for one in evidence.after] == list(range(5, 15))
    assert shown.evidence("nope", reader="hu") is None
    journal.erase_subject("bilibili", "u5", by="hu")
    erased = shown.evidence("s1-4", reader="hu")
    assert erased is not None
    assert (erased.comment.words, erased.commitment_holds) == (None, None)
    assert verify(journal.store).first_bad is None


def test_records_by_chain_type_and_session(shown: Readings) -> None:
    assert [one.seq for one in shown.records(str(ROOM), limit=3)] == [0, 1, 2]
    assert [one.seq for one in shown.records(str(ROOM), after_seq=10, limit=1)] == [11]
    assert {one.record_type for one in shown.records(record_type="batch", session="s1")} == {"batch"}
    assert [one.body["data"] for one in shown.records(record_type="gap")] == [
        {"reason": "network", "seconds": 12}
    ]


def test_cases_with_their_comments(shown: Readings) -> None:
    (case,) = shown.cases("s1")
    assert shown.case(case.case_id) == case
    assert shown.case(99) is None
    assert shown.case_history(99) == []
    (comment,) = shown.case_comments(case.case_id, reader="li")
    assert comment.words is not None
    assert comment.words.text == "掉色要退款"


def test_sendings_by_state(shown: Readings) -> None:
    assert [one.id for one in shown.sendings("s1")] == [2, 1]
    assert [one.id for one in shown.sendings("s1", states=["queued"])] == [1]
