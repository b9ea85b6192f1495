"""The errors of model calls."""

import pickle
from typing import get_args

import pytest

from workbench.errors import ModelError
from workbench.models import ModelCallError, ModelFault


@pytest.mark.parametrize("fault", get_args(ModelFault))
def test_each_fault_says_what_to_do_and_survives_pickling(fault):
    """An error of a model call names model and fault, advises, and keeps its fields [HARN-6]."""
    error = ModelCallError.of(fault, "tiny", "status 500.", retry_after_s=2)

    copy = pickle.loads(pickle.dumps(error))

    assert isinstance(copy, ModelError)
    assert (copy.fault, copy.retry_after_s) == (fault, 2)
    assert "tiny" in str(copy)
    assert ".." not in str(copy)
    assert copy.next_step


def test_only_what_passes_by_itself_is_retried():
    """Rate limits, overload, server, connection and timeout pass; money and keys don't [HARN-6]."""
    faults = get_args(ModelFault)

    retried = {fault for fault in faults if ModelCallError.of(fault, "m").retryable}

    assert retried == {"rate_limit", "overload", "server", "connection", "timeout"}
