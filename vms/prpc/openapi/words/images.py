"""Methods about guest images."""

from __future__ import annotations

from vms.prpc.openapi.words.base import MethodWords

TAG = "Images"

METHODS = {
    "ListImages": MethodWords(
        TAG,
        "Images that VMs can be made of",
        "Only what can be used: an image with a missing file is not listed.",
        answers={
            "One image": {
                "images": [
                    {
                        "name": "dstack-0.5.3",
                        "description": "Dstack base image",
                        "version": "0.5.3",
                        "is_dev": False,
                    }
                ]
            }
        },
        failures=(404,),
    ),
    "ListRegistryImages": MethodWords(
        TAG,
        "Images that the registry offers",
        "Tells of each whether it is here already, on its way, or failed.",
        answers={
            "One tag": {"images": [{"tag": "0.5.4", "local": False, "pulling": True, "error": ""}]},
        },
        failures=(404, 409, 502, 503, 504),
    ),
    "PullRegistryImage": MethodWords(
        TAG,
        "Fetch an image from the registry",
        "Answers at once; ListRegistryImages shows how it goes on. The image of tag `X` is called `dstack-X` "
        "here unless the tag already begins with `dstack-`. `nodes` names those that shall have it (`*`: all "
        "that are up); without, it is the one that is asked. Nodes that have it already are left out.",
        {"A tag": {"tag": "0.5.4"}, "To every node": {"tag": "0.5.4", "nodes": ["*"]}},
        failures=(404, 409, 503),
    ),
    "DeleteImage": MethodWords(
        TAG,
        "Delete an image",
        "Refused while a VM is made of it; the message names the VM.",
        {"By name": {"id": "dstack-0.5.3"}},
        failures=(404, 409, 503, 504),
    ),
}
