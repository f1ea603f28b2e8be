"""The estimator in the hands of scikit-learn."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("sklearn")
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from ductus import DuctusClassifier

DIGITS = load_digits()
BYTES = DIGITS.images.astype(np.uint8) * 15


def classifier(**options) -> DuctusClassifier:
    return DuctusClassifier(**{"hidden_layers": (20,), "epochs": 10, **options})


def test_has_the_defaults_of_the_command():
    defaults = {"hidden_layers": (30,), "epochs": 2, "batch_size": 10, "eta": 2.5, "seed": 1}
    defaults |= {"activation": "sigmoid", "cost": "quadratic", "init": "scaled"}
    assert DuctusClassifier().get_params() == defaults
    assert DuctusClassifier().set_params(eta=1).get_params() == {**defaults, "eta": 1}


def test_is_cross_validated_in_a_pipeline():
    pipeline = make_pipeline(MinMaxScaler(), classifier())
    assert cross_val_score(pipeline, DIGITS.data, DIGITS.target, cv=3).min() > 0.85


def test_is_searched_in_other_processes_and_cloned():
    search = GridSearchCV(classifier(epochs=2), {"eta": [0.01, 3.0], "hidden_layers": [(10,), ()]}, cv=2, n_jobs=2)
    search.fit(DIGITS.data / 16, DIGITS.target)
    assert search.best_params_["eta"] == 3.0
    assert clone(search.best_estimator_).get_params() == search.best_estimator_.get_params()


def test_keeps_labels_and_is_pickled():
    names = np.array(list("jihgfedcba"))[DIGITS.target]
    fitted = classifier().fit(BYTES, names)
    assert list(fitted.classes_) == list("abcdefghij")
    assert fitted.score(BYTES, names) > 0.9
    assert (len(fitted.loss_curve_), fitted.n_features_in_) == (10, 64)
    again = pickle.loads(pickle.dumps(fitted))
    assert (again.predict(BYTES) == fitted.predict(BYTES)).all()
    assert again.network_.hash() == fitted.network_.hash() == classifier().fit(BYTES, names).network_.hash()


@pytest.mark.parametrize("cost", ["quadratic", "cross-entropy", "log-likelihood"])
def test_probabilities_add_up_to_1(cost):
    fitted = classifier(cost=cost, eta=0.5).fit(BYTES, DIGITS.target)
    shares, outputs = fitted.predict_proba(BYTES), fitted.network_.activations(BYTES)
    assert np.allclose(shares.sum(axis=1), 1, atol=1e-6)
    assert np.allclose(shares, outputs if cost == "log-likelihood" else outputs / outputs.sum(axis=1)[:, None])
    assert (fitted.predict(BYTES) == fitted.classes_[shares.argmax(axis=1)]).all()


def test_outputs_of_0_give_equal_probabilities():
    fitted = classifier().fit(DIGITS.data, DIGITS.target % 2)
    fitted.network_.activations = lambda X: np.zeros((len(X), 2), np.float32)
    assert (fitted.predict_proba(DIGITS.data) == 0.5).all()


def test_refuses_bad_input():
    with pytest.raises(NotFittedError):
        classifier().predict(BYTES)
    with pytest.raises(ValueError, match=r"^y: expected 2 classes or more, got 1$"):
        classifier().fit(BYTES, np.zeros(1797))
    with pytest.raises(ValueError, match=r"^Unknown label type: continuous"):
        classifier().fit(BYTES, DIGITS.target / 2 + 0.1)
    with pytest.raises(ValueError, match=r"^X, y: expected \[n, pixels\] and \[n\], got \[1797, 8, 8\] and \[3\]$"):
        classifier().fit(BYTES, [1, 2, 3])
    with pytest.raises(ValueError, match=r"^eta: expected a number above 0"):
        classifier(eta=-1).fit(BYTES, DIGITS.target)


def test_says_that_scikit_learn_is_missing():
    code = "import sys; sys.modules['sklearn'] = None; import ductus; ductus.Network([2, 2]); ductus.DuctusClassifier"
    failed = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert failed.stderr.splitlines()[-1].endswith("expected scikit-learn, got none: pip install 'ductus[sklearn]'")
