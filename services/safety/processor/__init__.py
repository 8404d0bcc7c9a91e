"""The Faust shell around the pure core: whole fetches in, durable issues and ledgers out."""
