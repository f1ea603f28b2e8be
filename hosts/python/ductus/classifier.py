"""The network as an estimator of scikit-learn."""

import numpy as np

from .network import Network

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "DuctusClassifier: expected scikit-learn, got none: pip install 'ductus[sklearn]'"
    ) from error


class DuctusClassifier(ClassifierMixin, BaseEstimator):
    """A classifier for Pipeline, GridSearchCV and the like; it can be pickled. Equal data and settings, equal bits.

    X: [n, pixels] or [n, rows, columns], u8 (255 counts 1) or floats (taken as they are). y: [n], any labels that
    np.unique sorts. Parameters are those of Network and its train; fit checks them and raises ValueError.

    After fit: classes_ (the labels, sorted), network_ (the Network), n_features_in_, loss_curve_ (each epoch's cost).
    """

    def __init__(
        self,
        hidden_layers=(30,),
        epochs=2,
        batch_size=10,
        eta=2.5,
        seed=1,
        activation="sigmoid",
        cost="quadratic",
        init="scaled",
    ):
        self.hidden_layers, self.epochs, self.batch_size, self.eta = hidden_layers, epochs, batch_size, eta
        self.seed, self.activation, self.cost, self.init = seed, activation, cost, init

    def fit(self, X, y):
        """Trains a new network."""
        X, y = np.asarray(X), np.asarray(y)
        if X.ndim < 2 or y.shape != X.shape[:1]:
            raise ValueError(f"X, y: expected [n, pixels] and [n], got {list(X.shape)} and {list(y.shape)}")
        check_classification_targets(y)
        classes, labels = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"y: expected 2 classes or more, got {len(classes)}")
        sizes = [int(np.prod(X.shape[1:])), *self.hidden_layers, len(classes)]
        network = Network(sizes, activation=self.activation, cost=self.cost, init=self.init, seed=self.seed)
        history = network.train(X, labels, epochs=self.epochs, batch_size=self.batch_size, eta=self.eta)
        self.classes_, self.network_, self.n_features_in_ = classes, network, sizes[0]
        self.loss_curve_ = [epoch.cost for epoch in history]
        return self

    def predict(self, X):
        """The label of the most active output for each image, [n]."""
        check_is_fitted(self)
        return self.classes_[self.network_.predict(X)]

    def predict_proba(self, X):
        """[n, classes]: softmax outputs (cost log-likelihood) as they are; sigmoid outputs divided by their sum."""
        check_is_fitted(self)
        activations = self.network_.activations(X)
        if self.network_.cost == "log-likelihood":
            return activations
        activations = np.maximum(activations, np.finfo(np.float32).tiny, dtype=np.float64)  # all may be 0
        return activations / activations.sum(axis=1, keepdims=True)
