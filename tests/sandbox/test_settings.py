import pytest

from sandbox.settings import Settings


def test_an_empty_environment_gives_the_defaults() -> None:
    assert Settings.from_environment({}) == Settings()


def test_the_environment_decides() -> None:
    values = {
        "SANDBOX_GRAPH_PORT": "0",
        "SANDBOX_WEB_PORT": "81",
        "SANDBOX_KEEP": "7",
        "KOTOZUTE_URL": "http://relay/",
    }
    expected = Settings(graph_port=0, web_port=81, keep=7, relay_url="http://relay")
    assert Settings.from_environment(values) == expected


@pytest.mark.parametrize("text", ["x", "-1", "1.5"])
def test_a_port_that_is_no_number_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="SANDBOX_WEB_PORT"):
        Settings.from_environment({"SANDBOX_WEB_PORT": text})
