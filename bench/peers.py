"""Other classifiers, for comparison with mentorpal.

    python peers.py PEER train WORKSPACE FOLDER       trains the workspace's mentors, each into FOLDER/ITS-ID
    python peers.py PEER ask FOLDER/ID < QUESTIONS    loads what was trained; an answer's id a line
    python peers.py gensim load FILE                  opens word vectors, as gensim reads them fastest

PEER is `tfidf_svm` (scikit-learn: TF-IDF of words and characters, a linear SVM), `minilm_ridge`
(all-MiniLM-L6-v2 in onnxruntime, scikit-learn's ridge classifier) or `fasttext` (supervised). Each
imports only what it needs. Where the mentor has a question twice, the last answer wins, as ours has it.
"""
import csv
import re
import sys
from pathlib import Path

THREADS = 2


def read_questions(mentor):
    """Returns the questions in lower case without punctuation, and the ids of their answers."""
    answers = {}
    with open(mentor / "data/classifier_data.csv", newline="", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            for question in map(sanitize, row["question"].splitlines()):
                if question:
                    answers[question] = row["ID"]
    return list(answers), list(answers.values())


def sanitize(question):
    return " ".join(re.sub(r"[^\w\s]", "", question.lower()).split())


class ScikitLearn:
    """Saves a scikit-learn model, as its manual recommends."""

    def save(self, folder):
        import joblib

        joblib.dump(self.model, folder / "model.joblib")

    def load(self, folder):
        import joblib

        self.model = joblib.load(folder / "model.joblib")


class TfidfSvm(ScikitLearn):
    def fit(self, questions, answers):
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_pipeline, make_union
        from sklearn.svm import LinearSVC

        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\S+")
        characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
        self.model = make_pipeline(make_union(words, characters), LinearSVC())
        self.model.fit(questions, answers)

    def answer(self, questions):
        return self.model.predict(questions)


class MinilmRidge(ScikitLearn):
    FILES = Path(__file__).parent.parent / "target/peers/minilm"
    BATCH = 32

    def __init__(self):
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        self.session = onnxruntime.InferenceSession(self.FILES / "model.onnx", options, ["CPUExecutionProvider"])
        self.tokenizer = Tokenizer.from_file(str(self.FILES / "tokenizer.json"))
        self.tokenizer.enable_truncation(256)
        self.tokenizer.enable_padding()

    def encode(self, texts):
        """Sorts texts by length, to reduce padding."""
        import numpy as np

        order = np.argsort([len(text) for text in texts], kind="stable")
        vectors = np.empty((len(texts), 384), np.float32)
        for start in range(0, len(texts), self.BATCH):
            rows = order[start : start + self.BATCH]
            encoded = self.tokenizer.encode_batch([texts[row] for row in rows])
            ids = np.array([text.ids for text in encoded], np.int32)
            mask = np.array([text.attention_mask for text in encoded], np.int32)
            (vectors[rows],) = self.session.run(None, {"ids": ids, "mask": mask})
        return vectors

    def fit(self, questions, answers):
        from sklearn.linear_model import RidgeClassifierCV

        vectors = self.encode(questions)
        self.model = RidgeClassifierCV(alphas=(0.1, 0.3, 1.0, 3.0)).fit(vectors, answers)

    def answer(self, questions):
        return self.model.predict(self.encode(questions))


class FastText:
    SETTINGS = {"wordNgrams": 2, "minn": 2, "maxn": 5, "epoch": 100, "lr": 0.5, "dim": 100, "bucket": 200_000}

    def fit(self, questions, answers):
        import tempfile

        import fasttext

        with tempfile.NamedTemporaryFile("w", suffix=".txt") as lines:
            lines.writelines(f"__label__{answer} {question}\n" for question, answer in zip(questions, answers))
            lines.flush()
            self.model = fasttext.train_supervised(lines.name, thread=THREADS, verbose=0, **self.SETTINGS)

    def save(self, folder):
        self.model.save_model(str(folder / "model.bin"))

    def load(self, folder):
        import fasttext

        fasttext.FastText.eprint = lambda *_: None
        self.model = fasttext.load_model(str(folder / "model.bin"))

    def answer(self, questions):
        labels, _ = self.model.predict(questions)
        return [label.removeprefix("__label__") for (label,) in labels]


PEERS = {"tfidf_svm": TfidfSvm, "minilm_ridge": MinilmRidge, "fasttext": FastText}


match sys.argv[1:]:
    case [name, "train", workspace, folder] if name in PEERS:
        peer = PEERS[name]()
        for mentor in sorted(Path(workspace, "mentor").iterdir()):
            own = Path(folder, mentor.name)
            own.mkdir(parents=True, exist_ok=True)
            peer.fit(*read_questions(mentor))
            peer.save(own)
    case [name, "ask", folder] if name in PEERS:
        questions = [sanitize(line) for line in sys.stdin]
        peer = PEERS[name]()
        peer.load(Path(folder))
        print(*peer.answer(questions), sep="\n")
    case ["gensim", "load", file]:
        from gensim.models import KeyedVectors

        print(KeyedVectors.load(file, mmap="r").vectors.shape)
    case _:
        sys.exit(__doc__)
