"""What the logs say of devices and networks, and that trends find it."""

import json

from review.simulate import simulate
from review.simulate.logs import equipment


def logins(folder):
    return {
        (path.parts[-4], path.parts[-3], path.stem): next(
            entry["detail"]
            for entry in map(json.loads, path.read_text(encoding="utf-8").splitlines())
            if entry["type"] == "login"
        )
        for path in folder.glob("recordings/*/*/events/*.jsonl")
        if path.stem != "proctor"
    }


def test_every_device_names_itself_and_its_network_the_same_in_all_subjects(tmp_path):
    made = logins(
        simulate(tmp_path / "s", candidates=2, subjects=2, minutes=0.5, seed=5, sound_only=True,
                 clean=True)
    )  # fmt: skip
    assert {key[2] for key in made} == {"client", "phone1", "phone2"}
    for (candidate, subject, log), detail in made.items():
        assert detail["device"]
        assert detail["network"] in {"wifi", "wired", "4g", "5g"}
        other = made[candidate, "skills" if subject == "theory" else "theory", log]
        assert (detail["device"], detail["network"]) == (other["device"], other["network"])


def test_a_thousand_candidates_have_all_kinds_and_no_phone_is_a_computer():
    computers = [equipment("computer", owner=n)["device"] for n in range(1000)]
    phones = [equipment("phone1", owner=n)["device"] for n in range(1000)]
    assert len(set(computers)) == len(set(phones)) == 4
    assert not set(computers) & set(phones)
    assert computers.count("Laptop 14") > computers.count("All-in-one 24") > 50
