"""Promises that somebody must be there to keep."""

from __future__ import annotations

import pytest

from replies.promise import needs_duty


@pytest.mark.parametrize(
    "text",
    ["马上转人工", "已为您转人工", "请找人工客服", "10分钟内回复", "五分钟之内处理", "３０秒内发券", "稍后客服会联系你",
     "We will answer right away", "Within 5 minutes", "立即处理"],
)  # fmt: skip
def test_a_person_or_a_time_is_promised(text: str) -> None:
    assert needs_duty(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "到手59元",
        "48小时内发货",
        "七天内可退",
        "价格以购物车页面为准",
        "立即购买享优惠",
        "人工刺绣",
        "\ud800",
    ],
)
def test_a_fact_about_the_shop_is_no_promise(text: str) -> None:
    assert not needs_duty(text)
