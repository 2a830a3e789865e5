"""Who may do what at one moment of the ledger, as its entries up to then say."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from departments.models import Role
from workflow.models.pipeline import preset_ledger_data
from workflow.presets import PRESET_PIPELINES


@dataclass
class _Person:
    is_active: bool
    is_superuser: bool


@dataclass(frozen=True)
class _Grant:
    person: int
    role: int
    department: int | None


@dataclass(frozen=True)
class _Deputyship:
    principal: int
    deputy: int
    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class StepRule:
    """A step as the entry that opens a round has it. `role`: the id of the role that decides."""

    name: str
    role: int
    people: int


@dataclass
class AuthorityState:
    """Everything that decides who may act: people, grants, departments, pipelines, delegations.

    `apply` each entry in order. The questions then answer for the moment after it.
    """

    people: dict[int, _Person] = field(default_factory=dict)
    grants: dict[int, dict[str, _Grant]] = field(default_factory=dict)  # person → id of the membership → grant
    deputyships: dict[str, _Deputyship] = field(default_factory=dict)
    departments: dict[int, tuple[int | None, int | None]] = field(default_factory=dict)  # parent, responsible
    choices: dict[int, int | None] = field(default_factory=dict)
    pipelines: dict[int, dict] = field(default_factory=dict)
    drafting_roles: set[int] = field(default_factory=set)
    role_ids: dict[str, int] = field(default_factory=dict)
    _steps_by_department: dict[int, list[StepRule]] = field(default_factory=dict)  # until a pipeline or choice changes

    @classmethod
    def at_the_beginning(cls) -> "AuthorityState":
        """The state of a new site: the roles that migrations made. The code of a role and its id never change."""
        state = cls()
        for role in Role.objects.all():
            state.role_ids[role.code] = role.pk
            if not role.seal_key and role.may_draft:
                state.drafting_roles.add(role.pk)
        return state

    def apply(self, verb: str, object_id: str, data: dict) -> None:
        """Take over what an entry changes. Entries of other verbs change nothing here."""
        if change := _CHANGES.get(verb):
            change(self, object_id, data)
            self._steps_by_department.clear()

    # --- questions ---

    def is_superuser(self, person: int | None) -> bool:
        known = self.people.get(person or 0)
        return bool(known and known.is_active and known.is_superuser)

    def holds_role(self, person: int | None, roles: Collection[int], department: int) -> bool:
        """Return whether the person holds one of the roles where it reaches the department."""
        known = self.people.get(person or 0)
        if not known or not known.is_active:
            return False
        reaching = self._reaching(department)
        return any(
            grant.role in roles and grant.department in reaching for grant in self.grants.get(person or 0, {}).values()
        )

    def may_draft(self, person: int | None, department: int) -> bool:
        return self.is_superuser(person) or self.holds_role(person, self.drafting_roles, department)

    def may_sign(self, person: int | None, department: int) -> bool:
        """Return whether the person signs off in the department, or is a superuser."""
        steps = self.steps_for(department)
        return self.is_superuser(person) or bool(steps and self.holds_role(person, [steps[-1].role], department))

    def stands_in(self, deputy: int | None, principal: int, at: datetime) -> bool:
        leader = self.people.get(principal)
        return bool(leader and leader.is_active) and any(
            one.deputy == deputy and one.principal == principal and one.begins_at <= at < one.ends_at
            for one in self.deputyships.values()
        )

    def steps_for(self, department: int) -> list[StepRule]:
        """The steps that a round in the department gets now."""
        if department not in self._steps_by_department:
            self._steps_by_department[department] = self._find_steps(department)
        return self._steps_by_department[department]

    def _find_steps(self, department: int) -> list[StepRule]:
        parent, responsible = self.departments.get(department, (None, None))
        for nearest in (department, responsible, parent):
            chosen = self.pipelines.get(self.choices.get(nearest or 0) or 0)
            if chosen and chosen["active"]:
                return self._steps(chosen)
        default = next((found for found in self.pipelines.values() if found["is_default"]), None)
        return self._steps(
            default or next(preset_ledger_data(name) for name, _d, first, _s in PRESET_PIPELINES if first)
        )

    def _steps(self, pipeline: dict) -> list[StepRule]:
        return [
            StepRule(step["name"], self.role_ids.get(step["role"], 0), step["people"])
            for step in pipeline["steps"]
            if step["active"]
        ]

    def _reaching(self, department: int) -> set[int | None]:
        parent, responsible = self.departments.get(department, (None, None))
        found = {None, department, parent, responsible}
        found.add(self.departments.get(parent or 0, (None, None))[1])
        found.add(self.departments.get(responsible or 0, (None, None))[0])
        return found

    # --- changes ---

    def create_person(self, pk: str, data: dict) -> None:
        self.people[int(pk)] = _Person(data["is_active"], data["is_superuser"])

    def change_person(self, pk: str, data: dict) -> None:
        person = self.people[int(pk)]
        for name in ("is_active", "is_superuser"):
            if name in data:
                setattr(person, name, data[name][1])

    def save_role(self, pk: str, data: dict) -> None:
        self.role_ids[data["code"]] = int(pk)
        (self.drafting_roles.add if data["may_draft"] else self.drafting_roles.discard)(int(pk))

    def grant(self, pk: str, data: dict) -> None:
        granted = _Grant(data["person"], data["role"], data["department"])
        self.grants.setdefault(granted.person, {})[pk] = granted

    def revoke(self, pk: str, data: dict) -> None:
        self.grants.get(data["person"], {}).pop(pk, None)

    def save_department(self, pk: str, data: dict) -> None:
        self.departments[int(pk)] = (data["parent"], data["responsible"])

    def save_pipeline(self, pk: str, data: dict) -> None:
        self.pipelines[int(pk)] = data

    def delete_pipeline(self, pk: str, _data: dict) -> None:
        self.pipelines.pop(int(pk), None)

    def choose_pipeline(self, pk: str, data: dict) -> None:
        self.choices[int(pk)] = data["pipeline"]

    def delegate(self, pk: str, data: dict) -> None:
        begins_at, ends_at = parse_datetime(data["begins_at"]), parse_datetime(data["ends_at"])
        self.deputyships[pk] = _Deputyship(data["principal"], data["deputy"], begins_at, ends_at)

    def end_delegation(self, pk: str, _data: dict) -> None:
        self.deputyships.pop(pk, None)


_CHANGES: dict[str, Any] = {
    "person.created": AuthorityState.create_person,
    "person.changed": AuthorityState.change_person,
    "role.created": AuthorityState.save_role,
    "role.changed": AuthorityState.save_role,
    "role.granted": AuthorityState.grant,
    "role.revoked": AuthorityState.revoke,
    "department.created": AuthorityState.save_department,
    "department.changed": AuthorityState.save_department,
    "pipeline.created": AuthorityState.save_pipeline,
    "pipeline.changed": AuthorityState.save_pipeline,
    "pipeline.deleted": AuthorityState.delete_pipeline,
    "pipeline.chosen": AuthorityState.choose_pipeline,
    "delegation.granted": AuthorityState.delegate,
    "delegation.revoked": AuthorityState.end_delegation,
}
