"""Who said it: one small function per way of attributing a quotation, tried in the order of `RULES`.

A rule sees the sentence around a marked segment as tokens, the segment being one of them, and answers with the
speaker's and the cue's tokens, or None. What its answer says about the segment is its `evidence`: next to "sagte Holm"
even one word is a quotation, without any cue only a whole clause is. Confidences are judgements, not measurements: .9
and more where the cue touches the marks, .8 where it is elsewhere in the sentence, .7 and less where the speaker is
inferred, .5 where there is none.
"""

from __future__ import annotations

from pipeline.annotate.direct.adjacent_cues import (
    as_put,
    name_colon,
    quoted_speaker,
    said_in_document,
    signed,
    so_speaker,
    speaker_verb,
    verb_colon,
    verb_speaker,
)
from pipeline.annotate.direct.inferred_speakers import (
    nobody,
    reported_clause,
    same_speaker,
    subject_before_quote,
    subject_colon,
)
from pipeline.annotate.direct.sentence_cues import according_to, clause_before, clause_behind, label_verb, perfect_tense
from pipeline.annotate.direct.subordinate_clauses import verb_final
from pipeline.annotate.grammar.attribution import Rule

RULES: tuple[Rule, ...] = (
    said_in_document,
    so_speaker,
    verb_speaker,
    speaker_verb,
    quoted_speaker,
    as_put,
    verb_colon,
    name_colon,
    signed,
    according_to,
    verb_final,
    label_verb,
    clause_before,
    perfect_tense,
    clause_behind,
    subject_colon,
    reported_clause,
    same_speaker,
    subject_before_quote,
    nobody,
)
