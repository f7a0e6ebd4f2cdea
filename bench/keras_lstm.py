"""The classifier of the Python pipeline in Keras 2 and scikit-learn, for comparison with `lstm_v1`.

    python keras_lstm.py data WORKSPACE LEAST MOST         makes a synthetic mentor with 2,360 questions of LEAST
                                                           to MOST words, and 300-dimensional vectors
    python keras_lstm.py train WORKSPACE VECTORS FOLDER    trains the workspace's only mentor and
                                                           writes a checkpoint like the Python pipeline
    python keras_lstm.py ask VECTORS FOLDER < QUESTIONS    loads the checkpoint; prints the texts of the answers as JSON

The same tokens, vectors, network, optimiser, epochs and ridge as `lstm_v1`. Needs tensorflow-cpu
2.15 (Keras 2), scikit-learn, joblib and nltk.
"""
import csv
import json
import random
import re
import sys
import time
import types
from pathlib import Path

start = time.perf_counter()

import numpy as np
from nltk.stem import PorterStemmer

STEPS = 25
stem = PorterStemmer().stem


def data(workspace, least, most):
    random.seed(1)
    syllables = [a + b for a in "bcdfghklmnprt" for b in "aou"]
    words = set()
    while len(words) < 3000:
        words.add("".join(random.choices(syllables, k=random.randint(2, 4))))
    words = sorted(words)
    folder = Path(workspace) / "mentor" / "synthetic" / "data"
    folder.mkdir(parents=True)
    topics = [f"Topic{n}" for n in range(16)]
    (folder / "topics.csv").write_text("".join(f"{topic},About\n" for topic in topics))
    with open(folder / "classifier_data.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["ID", "topics", "text", "question"])
        for answer in range(295):
            own = random.sample(words, 8)
            questions = [
                " ".join(
                    random.choice(own if random.random() < 0.5 else words)
                    for _ in range(random.randint(int(least), int(most)))
                )
                for _ in range(8)
            ]
            text = f"Answer {answer}: " + " ".join(own)
            rows.writerow([f"a{answer}", topics[answer % 16], text, "\n".join(questions)])
    vectors = np.random.default_rng(1).normal(0, 0.17, (len(words), 300)).astype(np.float32)
    with open(Path(workspace) / "vectors.bin", "wb") as file:
        file.write(f"{len(words)} 300\n".encode())
        for word, vector in zip(words, vectors):
            file.write(word.encode() + b" " + vector.tobytes() + b"\n")


def read_vectors(path):
    """Reads a binary word2vec file."""
    with open(path, "rb") as file:
        count, dims = map(int, file.readline().split())
        vectors = {}
        for _ in range(count):
            word = bytearray()
            while (byte := file.read(1)) != b" ":
                word += byte
            vectors[word.strip().decode()] = np.frombuffer(file.read(4 * dims), np.float32)
    return vectors, dims


def encode(questions, vectors, dims):
    steps = np.zeros((len(questions), STEPS, dims), np.float32)
    sums = np.zeros((len(questions), dims))
    for row, question in enumerate(questions):
        for step, token in enumerate(map(stem, re.findall(r"\w+", question.lower()))):
            vector = vectors.get(token)
            if vector is None:
                continue
            sums[row] += vector
            if step < STEPS:
                steps[row, step] = vector
    return steps, sums


def read_questions(data):
    """Returns the questions, the texts of their answers, and a 0/1 vector over the topics of topics.csv."""
    with open(data / "topics.csv", newline="", encoding="utf-8-sig") as file:
        topics = [row[0] for row in csv.reader(file) if row]
        topics = [topic for topic in topics if topic.lower() not in ("navy", "positive", "negative")]
    questions, answers, targets = [], [], []
    with open(data / "classifier_data.csv", newline="", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            own = [topic.strip().lower() for topic in row["topics"].split(",")]
            for question in filter(str.strip, row["question"].splitlines()):
                questions.append(question)
                answers.append(row["text"])
                targets.append([float(topic.lower() in own) for topic in topics])
    return questions, answers, np.array(targets)


def as_once():
    """Renames modules as in scikit-learn 0.22 and numpy 1, so that readers of that time accept the pickles."""
    import joblib.numpy_pickle
    from sklearn.linear_model import RidgeClassifier
    from sklearn.preprocessing import LabelBinarizer

    for module, thing in (
        ("sklearn.linear_model._ridge", RidgeClassifier),
        ("sklearn.preprocessing._label", LabelBinarizer),
        ("joblib.numpy_pickle", joblib.numpy_pickle.NumpyArrayWrapper),
    ):
        sys.modules.setdefault(module, types.ModuleType(module))
        thing.__module__ = module


def train(workspace, vectors, folder):
    import joblib
    from sklearn.linear_model import RidgeClassifier
    from tensorflow import keras

    (data,) = workspace.glob("mentor/*/data")
    folder /= data.parent.name
    folder.mkdir(parents=True, exist_ok=True)
    questions, answers, targets = read_questions(data)
    (folder / "w2v.txt").write_text(vectors.name)
    vectors, dims = read_vectors(vectors)
    steps, sums = encode(questions, vectors, dims)
    model = keras.Sequential(
        [
            keras.layers.LSTM(
                dims,
                input_shape=(STEPS, dims),
                dropout=0.5,
                recurrent_dropout=0.1,
                recurrent_activation="hard_sigmoid",
            ),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(targets.shape[1], activation="softmax"),
        ]
    )
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    fit_start = time.perf_counter()
    model.fit(steps, targets, batch_size=32, epochs=3, validation_split=0.1, verbose=0)
    fit_seconds = time.perf_counter() - fit_start
    shares = model.predict(steps, verbose=0)
    fused = RidgeClassifier(alpha=1.0).fit(np.hstack([sums, shares]), answers)
    unfused = RidgeClassifier(alpha=1.0).fit(sums, answers)
    model.save(folder / "lstm_topic_model.h5")
    as_once()
    joblib.dump(fused, folder / "fused_model.pkl", protocol=3)
    joblib.dump(unfused, folder / "unfused_model.pkl", protocol=3)
    whole = time.perf_counter() - start
    print(json.dumps({"questions": len(questions), "fit": fit_seconds, "whole": whole}))


def ask(vectors, folder, questions):
    import joblib
    from tensorflow import keras

    (folder,) = folder.iterdir()
    vectors, dims = read_vectors(vectors)
    model = keras.models.load_model(folder / "lstm_topic_model.h5")
    ridge = joblib.load(folder / "fused_model.pkl")
    steps, sums = encode(questions, vectors, dims)
    shares = model.predict(steps, verbose=0)
    print(json.dumps(list(ridge.predict(np.hstack([sums, shares])))))


match sys.argv[1:]:
    case ["data", workspace, least, most]:
        data(workspace, least, most)
    case ["train", *paths]:
        train(*map(Path, paths))
    case ["ask", vectors, folder]:
        ask(Path(vectors), Path(folder), sys.stdin.read().splitlines())
    case _:
        sys.exit(__doc__)
