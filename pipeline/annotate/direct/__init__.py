"""Direct quotations: which words in marks, and which whole paragraphs, are somebody's own words, and whose.

`situation` is what a rule sees. The rules are in `adjacent_cues` (the cue is next to the marks), `sentence_cues` (the
cue is elsewhere in the sentence) and `inferred_speakers` (no cue). `attribution` tries them in their order; start
there. `paragraphs` has block quotes, and quotations over several paragraphs.
"""
