"""What nobody else would notice, told as technical alerts: silent parts, full disks, wrong clocks."""
