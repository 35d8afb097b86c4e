"""The loops of teacher, student and classifier, and what they stand on."""
