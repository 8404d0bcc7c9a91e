"""From judgements to transitions: what holds now is compared with what was told last."""
