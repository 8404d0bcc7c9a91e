"""The Faust shell that safety and intake share: whole fetches to one handler, committed when durable."""
