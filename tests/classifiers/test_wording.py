"""Wordings that were once missed, and harmless ones that were once hit: rule book, disguises, excuses."""

from __future__ import annotations

import pytest

from classifiers.lexicon import Findings, Lexicon
from classifiers.normalize import normalize
from classifiers.rulebook import load

LEXICON = Lexicon(load())

HITS = {
    "D01": [
        "✌芯 看资料", "徽❤ 领券", "围 信 找我", "丫口 ❤ 拿福利", "家薇 有惊喜", "加喂看图", "进扣裙领券",
        "绿泡泡联系",
        "138xxxx0000 批发联系", "扌口扌口 12xxxx00", "扌 口 扌 口 123456", "加微信看主页",
        "加微信abc886别信他家",
        "加 薇 信 别信主播",
    ],
    "D02": [
        "转账给我支付宝 立马发", "网贷秒批", "扫这个马领红包", "扫这个码领红包", "代付兼职",
    ],
    "I04": [
        "澳门荷官在线发牌", "性感荷官",
    ],
    "U01": [
        "主播丑8怪", "傻❌", "沙 币", "你麻痹", "妈了个巴子", "弓虽女干", "弓 虽 奸", "贝 戋 人",
        "傻狗主播", "狗东西", "白痴主播",
        "你就是废物", "狗样",
    ],
    "A01": [
        "这款最润", "全网第①", "品质第①", "全网首家", "弓虽 全网最弓虽",
    ],
    "M03": [
        "祛湿疹", "去疤", "祛痘神器",
    ],
    "M01": [
        "治咳嗽哮喘", "百病不生", "治好了我多年的颈椎病", "治好我老公颈椎病",
    ],
    "S01": [
        "来隔壁看看便宜", "工厂直拿", "找我拿 便宜", "同款源头货",
    ],
    "S02": [
        "好评返三块",
    ],
    "I03": [
        "看片加薇abc886",
    ],
}  # fmt: skip

SPARED = [
    "可以找人代付不", "朋友代付", "中了咋联系我", "用微信付的", "付的微信", "微信视频",
    "电话手表加微信好友", "有加微胖码吗", "加微波盖", "TM芯片",
    "妈的味道", "废物利用", "我家狗东西能吃吗", "给我家傻狗买的", "数码白痴一个", "人模狗样",
    "能降血压吗", "国家机关", "那个加微信的别信", "别信加微信的",
    "加V是什么意思", "有人让我加微信", "大家微信付可以", "巧克力口味", "范围信息", "我家薇薇", "纽扣裙",
    "扣裙边", "妈妈的味道", "✌", "爱你✌❤",
    "加油✌", "女 子", "日 月", "宝贝 戋戋", "第①次来", "第①个", "第①步", "来隔壁班", "快递小哥找我拿",
    "最润滑", "你麻痹大意了",
    "巧克力 口 味", "别加微信", "有人让我加V", "为什么有人叫我加微信", "别刷 第1次来", "全网第1次",
    "红叉❌",
]  # fmt: skip


def find(text: str) -> Findings:
    return LEXICON.find(text, normalize(text).text)


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in HITS.items() for text in texts])
def test_hit(code: str, text: str) -> None:
    assert code in {hit.category for hit in find(text).hits}


@pytest.mark.parametrize("text", SPARED)
def test_spared(text: str) -> None:
    assert find(text).hits == ()


@pytest.mark.parametrize(
    ("text", "health", "rights"),
    [
        ("花生过敏能吃吗", False, False),
        ("对腰果过敏 能不能去掉腰果", False, False),
        ("会不会长痘", False, False),
        ("吃了过敏 能退吗", True, False),
        ("脸过敏了怎么办", True, False),
        ("用完过敏", True, False),
        ("我的退款到了 谢谢", False, False),
        ("退款没到账", False, True),
        ("说退款到了 骗人", False, True),
        ("退款到账了吗", False, True),
    ],
)
def test_grievance_or_none(text: str, health: bool, rights: bool) -> None:
    found = find(text)
    assert (found.health, found.rights) == (health, rights)
