"""Every message by its name in the service, and which of them a method answers."""

from __future__ import annotations

from vms.prpc import access_messages, guest_messages, node_messages, responses, serializers
from vms.prpc.fields import Message
from vms.prpc.protobuf import response_name

MESSAGES: dict[str, type[Message]] = {
    name.removesuffix("Message"): found
    for module in (serializers, responses, node_messages, guest_messages, access_messages)
    for name, found in vars(module).items()
    if isinstance(found, type) and issubclass(found, Message) and found is not Message
}


def message_name(message: Message | type[Message]) -> str:
    """The name that the service knows it by; our value ``VmConfiguration`` took one of them."""
    kind = message if isinstance(message, type) else type(message)
    return kind.__name__.removesuffix("Message")


def response_message(method: str) -> type[Message]:
    """The message that the method answers; ``Empty`` where that is nothing."""
    return MESSAGES[response_name(method)]
