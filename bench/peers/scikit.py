"""scikit-learn: MLPClassifier, an epoch at each partial_fit(). Its cost is always the log-likelihood."""

import numpy as np
import sklearn
from mnist import run, task
from sklearn.neural_network import MLPClassifier

model = MLPClassifier(
    hidden_layer_sizes=task["layers"][1:-1],
    activation={"sigmoid": "logistic", "relu": "relu"}[task["activation"]],
    solver="sgd",
    alpha=0,
    batch_size=task["batchSize"],
    # The quadratic cost takes larger steps than it does.
    learning_rate_init=task["rates"][0] / (5 if task["cost"] == "quadratic" else 1),
    momentum=task["momentum"],
    nesterovs_momentum=False,
    random_state=1,
)


def train(images, labels, rate):  # its rate was given at the start
    model.partial_fit(images, labels, classes=np.arange(10))


run(f"scikit-learn {sklearn.__version__}", train, model.predict_proba)
