"""Compares the accuracy in eight languages with scikit-learn's character n-grams and a linear SVM.

    python3 bench/languages.py            the held-out questions of bench/languages/*/test.csv
    python3 bench/languages.py --loo      leave-one-out within the training questions

Needs scikit-learn, and the program (target/debug/mentorpal, or MENTORPAL_BIN). Every classifier names
an answer to every question: declining and exact matches are left out on both sides. The p-values are
those of McNemar's exact test, paired question by question, over all languages together. Settings are
compared by --loo alone; nothing was chosen by the held-out questions.
"""
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from math import comb
from pathlib import Path

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

ROOT = Path(__file__).resolve().parent.parent
BINARY = os.environ.get("MENTORPAL_BIN", ROOT / "target/debug/mentorpal")
FOLDER = ROOT / "bench/languages"
VECTORS = ["none", "embedded"]
SVMS = [("char_wb", (2, 5)), ("char_wb", (1, 4)), ("char", (2, 5)), ("char", (1, 4))]


def read(language):
    """Returns the training questions, their answers, the held-out questions and their answers."""
    with open(FOLDER / language / "classifier_data.csv", encoding="utf-8", newline="") as file:
        known = [(q, row["ID"]) for row in csv.DictReader(file) for q in row["question"].splitlines()]
    with open(FOLDER / language / "test.csv", encoding="utf-8", newline="") as file:
        asked = [(row["question"], row["ID"]) for row in csv.DictReader(file)]
    return *zip(*known), *zip(*asked)


def svm(setting, data, leave_one_out):
    """Returns for each question whether the SVM is correct."""
    questions, answers, asked, expected = data
    analyzer, lengths = setting
    model = make_pipeline(TfidfVectorizer(analyzer=analyzer, ngram_range=lengths), LinearSVC())
    if leave_one_out:
        found = cross_val_predict(model, questions, answers, cv=LeaveOneOut())
        return [a == b for a, b in zip(found, answers)]
    return [a == b for a, b in zip(model.fit(questions, answers).predict(asked), expected)]


def run(workspace, *arguments, **options):
    """Runs a command and returns the JSON objects that it prints."""
    environment = {**os.environ, "MENTORPAL": str(workspace)}
    done = subprocess.run(
        [BINARY, *arguments, "--json"], env=environment, text=True, capture_output=True, **options
    )
    if done.returncode not in (0, 1):
        sys.exit(f"{arguments}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def ours(vectors, workspace, data, leave_one_out):
    """Returns for each language and question whether the classifier's best answer is correct."""
    trained = run(workspace, "train", "--vectors", vectors, "--checkpoint", vectors)
    results = {}
    for language, (questions, answers, asked, expected) in data.items():
        if leave_one_out:
            figures = next(line for line in trained if line.get("mentor") == language)
            right = round(figures["loo_accuracy"] * len(questions))
            results[language] = [True] * right + [False] * (len(questions) - right)
            continue
        command = ["ask", "--mentor", language, "--checkpoint", vectors, "--no-canned", "--batch", "-"]
        replies = run(workspace, *command, input="\n".join(asked))
        results[language] = [reply["top_answer_id"] == e for reply, e in zip(replies, expected, strict=True)]
    return results


def p_value(a, b):
    """Returns how often only the first is correct, only the second, and the p-value of McNemar's exact test (two-sided)."""
    only_a, only_b = (sum(x > y for x, y in zip(*pair)) for pair in ((a, b), (b, a)))
    n, k = only_a + only_b, min(only_a, only_b)
    p = min(1.0, 2 * sum(comb(n, i) for i in range(k + 1)) / 2**n)
    return only_a, only_b, p


def main():
    leave_one_out = "--loo" in sys.argv[1:]
    languages = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
    data = {language: read(language) for language in languages}
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for language in languages:
            to = Path(folder) / "mentor" / language / "data"
            to.mkdir(parents=True)
            shutil.copy(FOLDER / language / "classifier_data.csv", to)
        for vectors in VECTORS:
            results[f"`{vectors}`"] = ours(vectors, folder, data, leave_one_out)
    for analyzer, (shortest, longest) in SVMS:
        name = f"SVM, {analyzer} {shortest}–{longest}"
        found = {l: svm((analyzer, (shortest, longest)), data[l], leave_one_out) for l in languages}
        results[name] = found
    print("| | " + " | ".join(languages) + " | all |\n|---|" + "---:|" * (len(languages) + 1))
    pooled = {name: [x for l in languages for x in found[l]] for name, found in results.items()}
    for name, found in results.items():
        cells = [f"{100 * sum(found[l]) / len(found[l]):.1f}" for l in languages]
        print(f"| {name} | " + " | ".join(cells) + f" | {100 * sum(pooled[name]) / len(pooled[name]):.1f} |")
    if leave_one_out:
        return
    print("\n| | SVM | only it right | only the SVM right | p |\n|---|---|---:|---:|---:|")
    for name in results:
        for other in results:
            if not name.startswith("SVM") and other.startswith("SVM"):
                only, only_other, p = p_value(pooled[name], pooled[other])
                print(f"| {name} | {other} | {only} | {only_other} | {p:.2g} |")


main()
