"""The demo image: a guest that anybody on Debian can build and boot, so that a new installation has
something to start at once and every test runs against a real machine."""

from vms.images.demo.build import IMAGE_NAME, build_demo_image
from vms.images.demo.errors import DemoImageError

__all__ = ["IMAGE_NAME", "DemoImageError", "build_demo_image"]
