"""The demo's switchboard: writes what it is told as JSON lines, and serves as the template for others."""

from callendar.switchboards.demo.adapter import DemoSwitchboard, register

__all__ = ["DemoSwitchboard", "register"]
