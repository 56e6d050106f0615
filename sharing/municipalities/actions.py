"""What can be done with organisations, their departments and members."""

from uuid import UUID
from zoneinfo import available_timezones

from django.db import IntegrityError, transaction

from sharing.actors import Actor, Role
from sharing.errors import Conflict, RuleBroken, raise_all
from sharing.events import emit
from sharing.municipalities.models import Department, Member, Membership, Organisation
from sharing.texts import line_problems


@transaction.atomic
def add_department(*, organisation_id: UUID, name: str, mailbox: str, by: Actor) -> Department:
    """Add a unit with its role mailbox."""
    by.require(Role.MANAGER, organisation_id)
    raise_all(line_problems(name, field="name", longest=120))
    department = Department(organisation_id=organisation_id, name=name, mailbox=mailbox)
    return _saved(department, "department.added", by=by)


@transaction.atomic
def change_department(department_id: UUID, *, name: str, mailbox: str, by: Actor) -> Department:
    """Rename a unit or change its mailbox."""
    department = Department.objects.select_for_update(no_key=True).get(id=department_id)
    by.require(Role.MANAGER, department.organisation_id)
    raise_all(line_problems(name, field="name", longest=120))
    department.name, department.mailbox = name, mailbox
    return _saved(department, "department.changed", by=by)


@transaction.atomic
def change_profile(member: Member, *, language: str, time_zone: str, by: Actor) -> Member:
    """Change the language and the zone in which a member reads and is written to."""
    if time_zone not in available_timezones():
        raise RuleBroken("unknown", "This time zone does not exist. Write it as in Europe/Berlin.", field="time_zone")
    member.language, member.time_zone = language, time_zone
    member.save(update_fields=["language", "time_zone"])
    emit("member.changed", member.id, by=by)
    return member


@transaction.atomic
def join(member: Member, organisation: Organisation, *, role: Role, by: Actor) -> Membership:
    """Give a member a seat in an organisation, or change the role they hold there."""
    by.require(Role.MANAGER, organisation.id)
    seat, _ = Membership.objects.update_or_create(member=member, organisation=organisation, defaults={"role": role})
    emit("member.joined", member.id, by=by, data={"organisation": str(organisation.id), "role": role.name.lower()})
    return seat


def _saved(department: Department, kind: str, *, by: Actor) -> Department:
    try:
        with transaction.atomic():
            department.save()
    except IntegrityError as error:
        raise Conflict("exists", "This organisation has a department of that name.", field="name") from error
    emit(kind, department.id, by=by)
    return department
