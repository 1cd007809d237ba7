"""What runs beside the web: worker threads, and housekeeping.

`tasks` are Huey's messages ("there is work"); `wakeup` and `storages` choose and harden where they
wait; `housekeeping` finds what fell through; `fallback` places calls when no worker does;
`heartbeat` tells the site which workers live.
"""
