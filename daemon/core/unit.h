/* unit -- organisations, services and teams: which unit lies under which on a day (I4).
 *
 * Units come from the profile's trees and, as they appear, from the ledger's unit codes ("org" or "org/team"). They are
 * numbered from 0 without holes and never renumbered. A tree has versions: stretches of days between changes of links.
 * A *node* is a unit with one set of teams in it: versions in which a unit holds the same teams share a node.
 *
 *   version 0  ..2021-03   children = {children, asm1, asm2}   node 7        path of asm1: bexley/children/asm1
 *   version 1  2021-04..   children = {children, asm2}         node 8                      bexley/mash/asm1 */
#pragma once
#include "core/profile.h"

typedef struct wf_units wf_units;
#define WF_NO_UNIT UINT32_MAX

wf_units *wf_units_new(const wf_profile *p);
void wf_units_free(wf_units **p);
/* Takes up unit codes that the ledger has gained. Cheap when there are none. */
void wf_units_follow(wf_units *u, const wf_ledger *l);

uint32_t wf_units_count(const wf_units *u);
uint32_t wf_units_nodes(const wf_units *u);
uint32_t wf_units_of_code(const wf_units *u, uint16_t code);            /* WF_NO_UNIT for a code not followed yet */
uint16_t wf_units_code(const wf_units *u, uint32_t unit);               /* 0: in the tree, but not in the ledger yet */
uint32_t wf_units_org(const wf_units *u, uint32_t unit);                /* the unit of its organisation */
/* The first unit whose path on some day is `path`; WF_NO_UNIT. */
uint32_t wf_units_find(const wf_units *u, wf_str path);
uint32_t wf_units_find_id(const wf_units *u, wf_str org, wf_str id);    /* id empty: the organisation */
wf_str wf_units_org_id(const wf_units *u, uint32_t unit);
wf_str wf_units_id(const wf_units *u, uint32_t unit);
wf_str wf_units_title(const wf_units *u, uint32_t unit);

/* On a day: the version in force. With reading = "today" pass today's day. */
int wf_units_version(const wf_units *u, uint32_t unit, wf_day day);
wf_day wf_units_next_version(const wf_units *u, uint32_t unit, wf_day day);     /* first later day with another version; WF_DAY_OPEN */
bool wf_units_reads_today(const wf_units *u, uint32_t unit);            /* today's tree for the whole window */
wf_str wf_units_path(const wf_units *u, uint32_t unit, wf_day day);
uint32_t wf_units_parent(const wf_units *u, uint32_t unit, wf_day day); /* WF_NO_UNIT for an organisation */
int wf_units_level(const wf_units *u, uint32_t unit, wf_day day);       /* 0 for an organisation */
uint32_t wf_units_node(const wf_units *u, uint32_t unit, wf_day day);
uint32_t wf_units_node_unit(const wf_units *u, uint32_t node);
/* Does any of its paths match the pattern? */
bool wf_units_matches(const wf_units *u, uint32_t unit, wf_str pattern);

/* Every node that holds entries of this unit, in any version: itself and all above it, each once. Returns how many; at
 * most `cap` are written, and with too small a cap the answer is what is enough. */
size_t wf_units_holders(const wf_units *u, uint32_t unit, uint32_t *node, size_t cap);

/* Units that the ledger names, whose organisation has a tree, and which no link ever names: findings. */
typedef void wf_units_visit(void *ctx, uint32_t unit);
void wf_units_unassigned(const wf_units *u, wf_units_visit *visit, void *ctx);
