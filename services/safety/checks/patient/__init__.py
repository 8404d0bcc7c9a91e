"""What is known of a patient: body, age, results, conditions, kidneys; newest, believable, or not known."""
