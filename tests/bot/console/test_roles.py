"""Every route asks for an ability or is on the list of public ones; and each ability is given as the table says."""

from __future__ import annotations

import pytest
from fastapi.routing import APIRoute

from bot.console.roles import ABILITIES, ROLES, allowed
from tests.bot.console.show import Show, csrf_of

PUBLIC = {
    "/favicon.ico", "/login", "/login/once", "/logout", "/d/{draw_id}", "/d/{draw_id}/{rest:path}", "/lang/{lang}",
    "/words/{lang}.json", "/healthz", "/overlay/{kind}", "/overlay/{kind}/part",
}  # fmt: skip

EXPECTED = {
    ("GET", "/"): "see_live",
    ("GET", "/live/part/{name}"): "see_live",
    ("GET", "/live/comments"): "see_live",
    ("GET", "/live/counters"): "see_live",
    ("GET", "/live/still"): "see_live",
    ("POST", "/live/replies"): "hush",
    ("POST", "/live/on-show"): "steer",
    ("POST", "/live/said"): "steer",
    ("POST", "/live/resume"): "steer",
    ("GET", "/cases"): "see_cases",
    ("GET", "/cases/list"): "see_cases",
    ("GET", "/cases/{case_id}"): "see_cases",
    ("POST", "/cases/{case_id}/{act}"): "work_cases",
    ("GET", "/comments/{comment_id}/judgement"): "work_cases",
    ("POST", "/comments/{comment_id}/judgement"): "work_cases",
    ("GET", "/phrases"): "see_phrases",
    ("POST", "/phrases/withdraw"): "withdraw",
    ("POST", "/phrases/submit"): "write_phrases",
    ("GET", "/phrases/list"): "see_phrases",
    ("GET", "/phrases/effect"): "see_phrases",
    ("GET", "/phrases/history"): "see_phrases",
    ("GET", "/phrases/edit"): "write_phrases",
    ("POST", "/phrases/edit"): "write_phrases",
    ("POST", "/phrases/lint"): "write_phrases",
    ("POST", "/phrases/exemption"): "write_phrases",
    ("GET", "/evidence/{sha256}"): "see_phrases",
    ("GET", "/review"): "approve",
    ("POST", "/review/approve"): "approve",
    ("POST", "/review/return"): "approve",
    ("GET", "/review/second/{id:path}"): "approve",
    ("POST", "/review/second/{id:path}"): "approve",
    ("POST", "/review/exemption"): "approve",
    ("POST", "/review/task"): "approve",
    ("POST", "/review/mode"): "duty_mode",
    ("GET", "/questions"): "see_phrases",
    ("GET", "/questions/edit"): "write_phrases",
    ("POST", "/questions/edit"): "write_phrases",
    ("POST", "/questions/try"): "write_phrases",
    ("POST", "/questions/switch"): "write_phrases",
    ("GET", "/paste"): "write_phrases",
    ("POST", "/paste"): "write_phrases",
    ("GET", "/goods"): "facts",
    ("GET", "/goods/list"): "facts",
    ("POST", "/goods/fact"): "facts",
    ("GET", "/goods/renew"): "facts",
    ("POST", "/goods/renew"): "facts",
    ("POST", "/goods/import"): "facts",
    ("POST", "/goods/take"): "facts",
    ("GET", "/account/password"): "see_live",
    ("POST", "/account/password"): "see_live",
    ("GET", "/draws"): "see_draws",
    ("GET", "/draws/list"): "see_draws",
    ("GET", "/draws/new"): "run_draws",
    ("POST", "/draws/new"): "run_draws",
    ("GET", "/draws/{draw_id}"): "see_draws",
    ("POST", "/draws/{draw_id}/void"): "run_draws",
    ("POST", "/draws/{draw_id}/beacon"): "run_draws",
    ("GET", "/draws/{draw_id}/prizes"): "see_draws",
    ("POST", "/draws/{draw_id}/prizes/place"): "run_draws",
    ("POST", "/draws/{draw_id}/prizes/pool"): "run_draws",
    ("POST", "/draws/{draw_id}/prizes/coupons"): "run_draws",
    ("POST", "/draws/{draw_id}/prizes/addresses"): "run_draws",
    ("POST", "/draws/{draw_id}/prizes/table"): "run_draws",
    ("POST", "/draws/{draw_id}/prizes/tracking"): "run_draws",
    ("POST", "/draws/{draw_id}/prizes/receipt"): "run_draws",
    ("GET", "/draws/presets"): "run_draws",
    ("POST", "/draws/presets/save"): "run_draws",
    ("POST", "/draws/presets/remove"): "run_draws",
    ("POST", "/draws/check"): "run_draws",
    ("POST", "/draws/confirm"): "run_draws",
    ("GET", "/draws/barred"): "run_draws",
    ("POST", "/draws/barred"): "run_draws",
    ("GET", "/draws/{draw_id}/flags"): "run_draws",
    ("GET", "/draws/part/{draw_id}/{name}"): "see_draws",
    ("GET", "/polls"): "see_live",
    ("GET", "/polls/part"): "see_live",
    ("POST", "/desk/poll/{act}"): "steer",
    ("GET", "/record"): "see_record",
    ("POST", "/record/search"): "see_record",
    ("POST", "/record/verify"): "see_record",
    ("GET", "/events"): "see_live",
    ("GET", "/desk"): "see_live",
    ("GET", "/desk/part/{name}"): "see_live",
    ("POST", "/cases/{case_id}/copy"): "work_cases",
    ("POST", "/desk/copy"): "steer",
    ("POST", "/desk/sent"): "steer",
    ("POST", "/desk/question/{act}"): "steer",
    ("POST", "/desk/cue"): "steer",
    ("POST", "/desk/cues"): "steer",
    ("POST", "/desk/red"): "hush",
    ("POST", "/desk/replies"): "hush",
    ("POST", "/desk/switch"): "steer",
    ("POST", "/desk/show"): "steer",
    ("POST", "/desk/fact"): "steer",
    ("POST", "/desk/mode"): "steer",
    ("POST", "/desk/next"): "steer",
    ("POST", "/desk/order/{act}"): "steer",
    ("POST", "/desk/timer/{act}"): "steer",
    ("POST", "/desk/scene/{act}"): "steer",
    ("POST", "/desk/slip/{act}"): "steer",
    ("POST", "/desk/outage/{act}"): "steer",
    ("POST", "/desk/overlay/{act}"): "steer",
    ("GET", "/prompter"): "see_live",
    ("GET", "/prompter/part"): "see_live",
    ("POST", "/prompter/tap"): "see_live",
}


def doors(show: Show) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}

    def walk(routes: list[object]) -> None:
        for route in routes:
            if isinstance(route, APIRoute):
                for one in route.dependant.dependencies:
                    ability = getattr(one.call, "ability", "")
                    for method in route.methods:
                        key = (method, route.path)
                        found[key] = found.get(key) or ability
                if not route.dependant.dependencies:
                    for method in route.methods:
                        found[method, route.path] = ""
            elif hasattr(route, "original_router"):
                walk(route.original_router.routes)

    walk(list(show.app.routes))
    return found


def test_every_route_is_guarded_as_written_here(show: Show) -> None:
    found = doors(show)
    guarded = {key: ability for key, ability in found.items() if key[1] not in PUBLIC}
    assert guarded == EXPECTED
    assert all(not ability for key, ability in found.items() if key[1] in PUBLIC)


@pytest.mark.parametrize("role", ROLES)
async def test_the_server_checks_each_role_on_each_route(show: Show, role: str) -> None:
    client = await show.enter(role)
    token = csrf_of((await client.get("/")).text)
    fill = {
        "{name}": "status",
        "{case_id}": "1",
        "{comment_id}": "show1-1",
        "{act}": "nothing",
        "{draw_id}": "draw-1",
        "{sha256}": "0" * 64,
        "{id}": "none",
    }
    for (method, path), ability in EXPECTED.items():
        if path == "/events":
            continue
        for slot, value in fill.items():
            path = path.replace(slot, value)
        if method == "GET":
            answer = await client.get(path)
        else:
            answer = await client.post(path, data={"_csrf": token})
        if allowed(frozenset({role}), ability):
            assert answer.status_code not in (401, 403), (method, path)
        else:
            assert answer.status_code == 403, (method, path)


async def test_nobody_gets_in_without_a_login(show: Show) -> None:
    async with show.client() as client:
        for (method, path), _ in EXPECTED.items():
            path = path.replace("{name}", "status").replace("{act}", "claim")
            answer = await client.request(method, path, headers={"accept": "application/json"})
            assert answer.status_code == 401, (method, path)
        page = await client.get("/cases?tab=mine")
        assert (page.status_code, page.headers["location"]) == (303, "/login?back=%2Fcases%3Ftab%3Dmine")


async def test_a_moderator_may_silence_the_bot_but_not_let_it_speak(show: Show) -> None:
    client = await show.enter("moderator")
    token = csrf_of((await client.get("/")).text)
    form = {"_csrf": token, "room": "practice:1"}
    assert (await client.post("/live/replies", data={**form, "on": "0"})).status_code == 200
    assert show.state.replies_on is False
    assert (await client.post("/live/replies", data={**form, "on": "1"})).status_code == 403
    assert show.state.replies_on is False


async def test_a_role_taken_away_is_gone_at_the_next_request(show: Show) -> None:
    client = await show.enter("operator")
    assert (await client.get("/draws/new")).status_code == 200
    show.journal.change_person("operator", by="admin", role="viewer")
    assert (await client.get("/draws/new")).status_code == 403
    show.journal.change_person("operator", by="admin", active=False)
    assert (await client.get("/")).status_code == 303


async def test_every_change_needs_the_csrf_token(show: Show) -> None:
    """With each role's own cookie, and the token missing, of another session, or empty."""
    client = await show.enter("operator")
    stranger = csrf_of((await (await show.enter("admin")).get("/")).text)
    for (method, path), ability in EXPECTED.items():
        if method != "POST" or not allowed(frozenset({"operator"}), ability):
            continue
        path = path.replace("{case_id}", "1").replace("{act}", "claim").replace("{draw_id}", "draw-2")
        for token in (None, stranger, ""):
            form = {"room": "practice:1", "on": "0", "version": "1", "key": "k", "reason": "failure"}
            answer = await client.post(path, data=form | ({} if token is None else {"_csrf": token}))
            assert answer.status_code == 403, (path, token)
    assert show.told == []
    assert show.draws.acts == []


def test_the_table() -> None:
    assert not allowed(frozenset({"root"}), "see_live")
    assert not allowed(frozenset(), "see_live")
    assert allowed(frozenset({"viewer", "compliance"}), "see_record")
    assert all(roles <= set(ROLES) for roles in ABILITIES.values())
    assert "admin" not in ABILITIES["work_cases"]
