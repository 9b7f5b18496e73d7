"""Models small enough to be trained in a test: a spaCy pipeline and a GLiNER. Without the extra the test is skipped."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

NAMES = ("Karin Holm", "Ole Petersen", "Wiebke Jansen", "Emil Voss", "Ada Brandt", "Ruth Adler")
TOWNS = ("Brückfeld", "Altenruhn", "Wiekstadt", "Castlemoor", "Lindenau", "Hagensiel")
SENTENCES = (
    "{name} reist nach {town} .",
    "In {town} regnete es , sagte {name} am Abend .",
    "Am Montag sprach {name} mit der Feuerwehr in {town} .",
    "Das Wasser in {town} steigt .",
)
STEPS = 40


def samples() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Sentences of words and marks set apart by spaces, with the person and the place in them."""
    for sentence in SENTENCES:
        for name, town in zip(NAMES, TOWNS, strict=True):
            text = sentence.format(name=name, town=town)
            yield text, [(kind, words) for kind, words in (("person", name), ("location", town)) if words in text]


def train_spacy(folder: Path) -> Path:
    """A German pipeline that has learned the names above, saved in the folder."""
    spacy = pytest.importorskip("spacy")
    training = pytest.importorskip("spacy.training")
    labels = {"person": "PER", "location": "LOC"}
    nlp = spacy.blank("de", meta={"name": "made", "version": "1.2.0"})
    nlp.add_pipe("ner")
    examples = []
    for text, entities in samples():
        spans = [(text.index(words), text.index(words) + len(words), labels[kind]) for kind, words in entities]
        examples.append(training.Example.from_dict(nlp.make_doc(text), {"entities": spans}))
    chance = random.Random(7)
    nlp.initialize(lambda: examples)
    for _ in range(12):
        chance.shuffle(examples)
        for batch in spacy.util.minibatch(examples, size=8):
            nlp.update(batch)
    nlp.to_disk(folder)
    return folder


def train_gliner(folder: Path) -> Path:
    """A model that knows the words above, nothing else, and has learned that some are names, saved below the folder."""
    gliner = pytest.importorskip("gliner")
    torch = pytest.importorskip("torch")
    torch.manual_seed(7)
    torch.set_num_threads(1)
    model = gliner.GLiNER.from_config(_gliner_config(folder / "encoder"), backbone_from_pretrained=False)
    collate = model.data_collator_class(model.config, data_processor=model.data_processor, prepare_labels=True)
    batch = collate([_tokenized(text.split(), entities) for text, entities in samples()])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
    model.train()
    for _ in range(STEPS):
        optimizer.zero_grad()
        model(**batch).loss.backward()
        optimizer.step()
    model.save_pretrained(folder / "made")
    return folder / "made"


def _gliner_config(encoder_folder: Path) -> object:
    """The configuration of a tiny encoder whose vocabulary is that of the samples."""
    gliner = pytest.importorskip("gliner")
    tokenizers = pytest.importorskip("tokenizers")
    transformers = pytest.importorskip("transformers")
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel(unk_token="[UNK]"))
    words.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    trainer = tokenizers.trainers.WordLevelTrainer(special_tokens=list(special.values()))
    words.train_from_iterator([*(text for text, _ in samples()), "person organization location"], trainer)
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=words, **special)
    tokenizer.save_pretrained(encoder_folder)
    size = 32
    encoder = transformers.BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=size,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=size,
        hidden_dropout_prob=0.0,
    )
    encoder.save_pretrained(encoder_folder)
    return gliner.GLiNERConfig(
        model_name=str(encoder_folder),
        encoder_config=encoder.to_dict(),
        hidden_size=size,
        max_width=3,
        num_rnn_layers=0,
        dropout=0.0,
    )


def _tokenized(words: list[str], entities: list[tuple[str, str]]) -> dict[str, object]:
    spans = []
    for kind, name in entities:
        parts = name.split()
        first = next(at for at in range(len(words)) if words[at : at + len(parts)] == parts)
        spans.append([first, first + len(parts) - 1, kind])
    return {"tokenized_text": words, "ner": spans}
