"""Bulk paste in the form that keyword bots use."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replies.paste import MAX_LINES, Pasted, read, slug_of
from replies.sheet import dump_csv, load_csv


def bad(text: str, **more: object) -> list[tuple[int, str]]:
    return [(one.line, one.en) for one in read(text, **more).bad]  # type: ignore[arg-type]


def test_words_make_a_question_and_answers_its_phrases() -> None:
    done = read("多少米/几米长/布多长|一份{size_advice}|看商品页规格\n", author="mei", merchant="A店")
    (question,) = done.questions
    assert (question.line, question.name, question.wanting) == (1, "多少米", 0)
    assert question.must == question.asks == ("多少米", "几米长", "布多长")
    assert [(one.id, one.text) for one in done.phrases] == [
        (f"{question.slug}-1", "一份{size_advice}"), (f"{question.slug}-2", "看商品页规格")
    ]  # fmt: skip
    for phrase in done.phrases:
        assert (phrase.intent, phrase.state, phrase.signed) == (f"own:{question.slug}", "draft", "")
        assert (phrase.author, phrase.merchant, phrase.lang) == ("mei", "A店", "zh")
    assert done.lines == ((f"{question.slug}-1", 1), (f"{question.slug}-2", 1))
    assert done.bad == ()


def test_full_width_signs_comments_and_blank_lines() -> None:
    done = read("\ufeff# 常见问题\n\n // 尺码\n 起球／会起球吗 ｜ 不起球 ｜\r\n＃ 完\n")
    (question,) = done.questions
    assert (question.line, question.must, question.wanting) == (4, ("起球", "会起球吗"), 1)
    assert [one.text for one in done.phrases] == ["不起球"]


def test_a_slash_in_an_answer_stays() -> None:
    assert read("词|早上/晚上都可以").phrases[0].text == "早上/晚上都可以"


def test_english_answers_are_english() -> None:
    assert [one.lang for one in read("fit|True to size|{size_advice}").phrases] == ["en", "en"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("多少米", "no answer"),
        ("多少米||", "no answer"),
        ("|看商品页", "No word"),
        (" / |看商品页", "No word"),
        ("看\u200b米|x", "invisible"),
        ("词" * 31 + "|x", "words of"),
        ("/".join(f"词{n}" for n in range(31)) + "|x", "words of"),
        ("词|" + "答" * 301, "answers of"),
        ("词|" + "|".join(f"答{n}" for n in range(21)), "answers of"),
    ],
)
def test_bad_lines_are_named_and_the_others_taken(line: str, said: str) -> None:
    (found,) = bad(f"好/可以|是的\n{line}\n别的|可以")
    assert found[0] == 2
    assert said in found[1]
    assert len(read(f"好/可以|是的\n{line}\n别的|可以").questions) == 2


def test_the_same_words_twice() -> None:
    assert bad("起球/掉色|不会\n掉色/起球|也不会") == [(2, "The same words stand in line 1.")]
    assert bad("起球/掉色|不会", taken={slug_of(["掉色", "起球"])}) == [
        (1, "There is a question of these words already.")
    ]


def test_a_slug_is_what_the_store_takes() -> None:
    assert slug_of(["Ａb", "c"]) == slug_of(["c", "aB"])
    assert slug_of(["\ud800"]).startswith("q-")


def test_a_paste_too_long_is_taken_up_to_there() -> None:
    done = read("\n".join(f"词{n}|答" for n in range(MAX_LINES + 5)))
    assert (len(done.questions), done.bad[-1].line) == (MAX_LINES, MAX_LINES + 1)


@given(st.text(max_size=80))
@settings(max_examples=100)
def test_no_text_breaks_it_and_its_drafts_fit_a_file(text: str) -> None:
    done = read(text)
    assert isinstance(done, Pasted)
    assert load_csv(dump_csv(done.phrases)) == done.phrases
