"""The estimator in scikit-learn's own hands."""

import numpy as np
import pytest

from ductus import DuctusClassifier

pytest.importorskip("sklearn")
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

DIGITS = load_digits()


def classifier(**settings) -> DuctusClassifier:
    return DuctusClassifier((20,), **{"epochs": 10, "eta": 3.0, **settings})


def test_reads_digits_in_a_pipeline_under_cross_validation():
    scores = cross_val_score(make_pipeline(MinMaxScaler(), classifier()), DIGITS.data, DIGITS.target, cv=3)
    assert scores.min() > 0.85


def test_is_searched_and_cloned():
    search = GridSearchCV(classifier(epochs=2), {"eta": [0.01, 3.0], "hidden_layers": [(10,)]}, cv=2)
    search.fit(DIGITS.data / 16, DIGITS.target)
    assert search.best_params_["eta"] == 3.0
    assert clone(search.best_estimator_).get_params() == search.best_estimator_.get_params()


def test_keeps_labels_and_gives_shares():
    names = np.array(list("abcdefghij"))[DIGITS.target]
    fitted = classifier().fit(DIGITS.images.astype(np.uint8) * 15, names)
    assert list(fitted.classes_) == list("abcdefghij")
    shares = fitted.predict_proba(DIGITS.images.astype(np.uint8) * 15)
    assert shares.shape == (1797, 10)
    assert np.allclose(shares.sum(axis=1), 1)
    assert fitted.score(DIGITS.images.astype(np.uint8) * 15, names) > 0.9
    assert len(fitted.history_) == 10


def test_refuses_what_cannot_be():
    with pytest.raises(NotFittedError, match="call fit"):
        classifier().predict(DIGITS.data)
    with pytest.raises(ValueError, match="y: expected two classes or more, got 1"):
        classifier().fit(DIGITS.data, np.zeros(1797))
    with pytest.raises(ValueError, match=r"expected X \[n, ...\] and y \[n\], got \[1797, 64\] and \[3\]"):
        classifier().fit(DIGITS.data, [1, 2, 3])
    with pytest.raises(ValueError, match="eta: expected a number above 0"):
        classifier(eta=-1).fit(DIGITS.data, DIGITS.target)
