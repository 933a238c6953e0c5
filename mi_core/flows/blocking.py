"""The same flows for programs without asyncio: made with a :class:`mi_core.Client`, every step blocks.

::

    from mi_core import Client
    from mi_core.flows.blocking import OutpatientVisit

    with Client.from_config("mi.toml") as mi:
        settlement = OutpatientVisit(mi, "MZ2026112100017", patience=60).settle()
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, ClassVar, Concatenate, Generic, ParamSpec, Self, TypeVar

from mi_core import flows
from mi_core.config import Operator
from mi_core.flows.outpatient import OutpatientBill as Bill
from mi_core.sync import Client

__all__ = [
    "BlockingFlow", "EPrescription", "InpatientStay", "MobilePayment", "OutpatientBill", "OutpatientVisit", "PharmacySale", "Registration",
    "blocking",
]  # fmt: skip

F = TypeVar("F", bound="flows.Flow")
P = ParamSpec("P")
T = TypeVar("T")


class BlockingFlow(Generic[F]):
    """A flow with a synchronous client; its steps are declared by :class:`blocking`. May be shared by threads."""

    flow_class: ClassVar[Callable[..., Any]]
    """The asynchronous flow."""

    def __init__(
        self, mi: Client, key: str, *, institution: str | None = None,
        operator: Operator | Mapping[str, str] | None = None, patience: float = 0.0,
    ) -> None:  # fmt: skip
        self.mi, self.key = mi, key
        self.flow: F = mi.run(
            lambda client: _made(
                self.flow_class, client, key, institution=institution, operator=operator, patience=patience
            )
        )

    @classmethod
    def of(cls, mi: Client, flow: F) -> Self:
        """Around a flow that exists, e.g. a visit's bill."""
        found = cls.__new__(cls)
        found.mi, found.key, found.flow = mi, flow.key, flow
        return found


async def _made(flow_class: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    return flow_class(*arguments, **options)


class blocking(Generic[P, T]):  # noqa: N801  # reads as what it does: ``settle = blocking(Visit.settle)``
    """One step of a flow as a blocking method with the same parameters and result."""

    def __init__(self, step: Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]) -> None:
        self.step = step
        self.__doc__ = step.__doc__

    def __get__(self, flow: BlockingFlow[Any], owner: type[BlockingFlow[Any]]) -> Callable[P, T]:
        def call(*arguments: P.args, **options: P.kwargs) -> T:
            return flow.mi.run(lambda _client: self.step(flow.flow, *arguments, **options))

        call.__doc__ = self.__doc__
        return call


class OutpatientVisit(BlockingFlow[flows.OutpatientVisit]):
    """See :class:`mi_core.flows.OutpatientVisit`."""

    flow_class = flows.OutpatientVisit
    standing = blocking(flows.OutpatientVisit.standing)
    resume = blocking(flows.OutpatientVisit.resume)
    take_over = blocking(flows.OutpatientVisit.take_over)
    open = blocking(flows.OutpatientVisit.open)
    diagnose = blocking(flows.OutpatientVisit.diagnose)
    charge = blocking(flows.OutpatientVisit.charge)
    quote = blocking(flows.OutpatientVisit.quote)
    settle = blocking(flows.OutpatientVisit.settle)
    refund = blocking(flows.OutpatientVisit.refund)
    plan_refund = blocking(flows.OutpatientVisit.plan_refund)
    refund_part = blocking(flows.OutpatientVisit.refund_part)
    restore = blocking(flows.OutpatientVisit.restore)
    abandon = blocking(flows.OutpatientVisit.abandon)

    def bill(self, chrg_bchno: str) -> OutpatientBill:
        """See :meth:`mi_core.flows.OutpatientVisit.bill`."""
        return OutpatientBill.of(self.mi, self.flow.bill(chrg_bchno))


class OutpatientBill(BlockingFlow[Bill]):
    """See :class:`mi_core.flows.outpatient.OutpatientBill`."""

    flow_class = Bill
    standing = blocking(Bill.standing)
    resume = blocking(Bill.resume)
    take_over = blocking(Bill.take_over)
    charge = blocking(Bill.charge)
    withdraw = blocking(Bill.withdraw)
    quote = blocking(Bill.quote)
    settle = blocking(Bill.settle)
    refund = blocking(Bill.refund)
    plan_refund = blocking(Bill.plan_refund)
    refund_part = blocking(Bill.refund_part)
    restore = blocking(Bill.restore)


class InpatientStay(BlockingFlow[flows.InpatientStay]):
    """See :class:`mi_core.flows.InpatientStay`."""

    flow_class = flows.InpatientStay
    standing = blocking(flows.InpatientStay.standing)
    resume = blocking(flows.InpatientStay.resume)
    take_over = blocking(flows.InpatientStay.take_over)
    admit = blocking(flows.InpatientStay.admit)
    change = blocking(flows.InpatientStay.change)
    charge = blocking(flows.InpatientStay.charge)
    withdraw = blocking(flows.InpatientStay.withdraw)
    quote = blocking(flows.InpatientStay.quote)
    settle = blocking(flows.InpatientStay.settle)
    refund = blocking(flows.InpatientStay.refund)
    discharge = blocking(flows.InpatientStay.discharge)
    cancel_discharge = blocking(flows.InpatientStay.cancel_discharge)
    abandon = blocking(flows.InpatientStay.abandon)
    in_hospital = blocking(flows.InpatientStay.in_hospital)


class PharmacySale(BlockingFlow[flows.PharmacySale]):
    """See :class:`mi_core.flows.PharmacySale`."""

    flow_class = flows.PharmacySale
    standing = blocking(flows.PharmacySale.standing)
    resume = blocking(flows.PharmacySale.resume)
    take_over = blocking(flows.PharmacySale.take_over)
    quote = blocking(flows.PharmacySale.quote)
    settle = blocking(flows.PharmacySale.settle)
    refund = blocking(flows.PharmacySale.refund)


class Registration(BlockingFlow[flows.Registration]):
    """See :class:`mi_core.flows.Registration`."""

    flow_class = flows.Registration
    standing = blocking(flows.Registration.standing)
    resume = blocking(flows.Registration.resume)
    file = blocking(flows.Registration.file)
    cancel = blocking(flows.Registration.cancel)
    on_file = blocking(flows.Registration.on_file)


class EPrescription(BlockingFlow[flows.EPrescription]):
    """See :class:`mi_core.flows.EPrescription`."""

    flow_class = flows.EPrescription
    standing = blocking(flows.EPrescription.standing)
    resume = blocking(flows.EPrescription.resume)
    check = blocking(flows.EPrescription.check)
    issue = blocking(flows.EPrescription.issue)
    revoke = blocking(flows.EPrescription.revoke)
    state = blocking(flows.EPrescription.state)
    review = blocking(flows.EPrescription.review)
    taking = blocking(flows.EPrescription.taking)
    notified = blocking(flows.EPrescription.notified)


class MobilePayment(BlockingFlow[flows.MobilePayment]):
    """See :class:`mi_core.flows.MobilePayment`."""

    flow_class = flows.MobilePayment
    standing = blocking(flows.MobilePayment.standing)
    resume = blocking(flows.MobilePayment.resume)
    upload = blocking(flows.MobilePayment.upload)
    pay = blocking(flows.MobilePayment.pay)
    status = blocking(flows.MobilePayment.status)
    wait = blocking(flows.MobilePayment.wait)
    notified = blocking(flows.MobilePayment.notified)
    refund = blocking(flows.MobilePayment.refund)
    withdraw = blocking(flows.MobilePayment.withdraw)
