"""The network as an estimator of scikit-learn."""

import numpy as np

from .network import Network

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
except ModuleNotFoundError:

    class BaseEstimator:
        def __init__(self, **_):
            raise ModuleNotFoundError("DuctusClassifier needs scikit-learn: pip install ductus[sklearn]")

    class ClassifierMixin:
        pass


class DuctusClassifier(ClassifierMixin, BaseEstimator):
    """Works with clone, Pipeline, cross_val_score and GridSearchCV. Equal data and settings give equal bits.

    X: [n, pixels], or [n, rows, columns], uint8 (255 is 1) or floats. y: [n], any labels that NumPy can sort.
    """

    def __init__(
        self,
        hidden_layers=(100,),
        *,
        epochs=30,
        batch_size=10,
        eta=2.5,
        seed=1,
        activation="sigmoid",
        cost="quadratic",
        init="scaled",
    ):
        if BaseEstimator.__module__ == __name__:
            super().__init__()
        self.hidden_layers = hidden_layers
        self.epochs = epochs
        self.batch_size = batch_size
        self.eta = eta
        self.seed = seed
        self.activation = activation
        self.cost = cost
        self.init = init

    def fit(self, X, y):
        """Trains a new network: network_. classes_ are the labels, sorted."""
        X, y = np.asarray(X), np.asarray(y)
        if X.ndim < 2 or y.shape != X.shape[:1]:
            raise ValueError(f"expected X [n, ...] and y [n], got {list(X.shape)} and {list(y.shape)}")
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y: expected two classes or more, got {len(self.classes_)}")
        self.n_features_in_ = int(np.prod(X.shape[1:]))
        sizes = [self.n_features_in_, *self.hidden_layers, len(self.classes_)]
        settings = {"seed": self.seed, "activation": self.activation, "cost": self.cost, "init": self.init}
        self.network_ = Network(sizes, **settings)
        training = {"epochs": self.epochs, "batch_size": self.batch_size, "eta": self.eta}
        self.history_ = list(self.network_.train(X, labels, **training))
        return self

    def _fitted(self) -> Network:
        if not hasattr(self, "network_"):
            from sklearn.exceptions import NotFittedError

            raise NotFittedError("expected a fitted DuctusClassifier, got a new one: call fit() first")
        return self.network_

    def predict(self, X):
        """The label of the most active output for each image, [n]."""
        labels = self._fitted().predict(X)
        return self.classes_[labels]

    def predict_proba(self, X):
        """[n, classes]: the outputs of a softmax; of sigmoid neurons their shares of their sum."""
        activations = self._fitted().activations(X).astype(np.float64)
        return activations / activations.sum(axis=1, keepdims=True)
