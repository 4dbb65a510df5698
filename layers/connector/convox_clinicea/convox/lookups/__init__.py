"""The look-ups: what each asks and answers, and the one desk at which all of them are made."""
