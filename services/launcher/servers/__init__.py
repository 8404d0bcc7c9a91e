"""Servers for one machine: a broker and a store on loopback, started and ended as child processes."""
