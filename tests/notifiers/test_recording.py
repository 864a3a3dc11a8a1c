import pytest

from engine.domain.errors import PermanentDeliveryError, TransientDeliveryError
from engine.domain.interfaces import Channel
from notifiers.recording import RecordingChannel
from tests.notifiers.builders import a_letter


def test_letters_are_kept_in_order() -> None:
    channel: Channel = RecordingChannel()

    receipts = [channel.send(a_letter(key=key)) for key in ("one", "two")]

    assert isinstance(channel, RecordingChannel)
    assert [letter.key for letter in channel.letters] == ["one", "two"]
    assert receipts[0] != receipts[1]


def test_the_script_says_which_tries_fail() -> None:
    later = TransientDeliveryError("later", retry_after=3)
    channel = RecordingChannel(fail=[later, None, PermanentDeliveryError("never")])

    with pytest.raises(TransientDeliveryError):
        channel.send(a_letter())
    channel.send(a_letter())
    with pytest.raises(PermanentDeliveryError):
        channel.send(a_letter())
    channel.send(a_letter())

    assert len(channel.letters) == 2
