/* The steps from the destinations that run to those that are wanted. */

#include "test.h"

#include "model/restream_plan.h"


#define MAX  40          /* items of both lists together */


static void
test_none(void)
{
    restream_plan_item_t  items[] = { { 1, 1, 1 }, { 2, 5, 7 } };
    restream_plan_item_t  reversed[] = { { 2, 5, 7 }, { 1, 1, 1 } };

    is_uint(restream_plan(NULL, 0, NULL, 0, NULL), 0,
            "nothing wanted, nothing there");
    is_uint(restream_plan(items, 2, items, 2, NULL), 0, "nothing changed");
    is_uint(restream_plan(items, 2, reversed, 2, NULL), 0,
            "the order does not matter");
}


static void
test_steps(void)
{
    restream_plan_step_t  st[MAX];
    restream_plan_item_t  old = { 10, 1, 1 };
    restream_plan_item_t  have[] = {
        { 10, 1, 1 }, { 20, 1, 2 }, { 30, 1, 3 }, { 40, 1, 4 }, { 60, 1, 5 }
    };
    restream_plan_item_t  wanted[] = {
        { 50, 1, 1 }, { 40, 1, 4 }, { 30, 2, 3 }, { 20, 2, 9 }, { 5, 1, 1 }
    };

    is_uint(restream_plan(wanted, 5, have, 5, st), 6,
            "one step per difference");

    ok(st[0].step == RESTREAM_PLAN_REMOVE && st[0].have == 0
       && st[1].step == RESTREAM_PLAN_REMOVE && st[1].have == 4,
       "what is not wanted is removed, first");
    ok(st[2].step == RESTREAM_PLAN_UPDATE && st[2].wanted == 2
       && st[2].have == 2, "a new revision with the same target is an update");
    ok(st[3].step == RESTREAM_PLAN_RESTART && st[3].wanted == 3
       && st[3].have == 1, "a new target is a restart");
    ok(st[4].step == RESTREAM_PLAN_ADD && st[4].wanted == 0
       && st[5].step == RESTREAM_PLAN_ADD && st[5].wanted == 4,
       "what is not there is added, last");

    is_uint(restream_plan(wanted, 5, NULL, 0, st), 5, "nothing is there");
    is_uint(st[4].wanted, 4, "all are added");
    is_uint(restream_plan(NULL, 0, have, 5, st), 5, "nothing is wanted");
    is_uint(st[4].have, 4, "all are removed");

    have[0].target++;
    is_uint(restream_plan(have, 1, &old, 1, st), 1,
            "a target may change without its revision");
    ok(st[0].step == RESTREAM_PLAN_RESTART, "it is a restart");
}


/* any two lists: carrying out the steps makes what is there what is wanted */

static void
test_random(void)
{
    uint32_t              i, j, n, x, nwanted, nhave, nsteps, matched, left;
    unsigned              good, ordered, used[MAX];
    restream_plan_item_t  wanted[MAX / 2], have[MAX / 2], h;
    restream_plan_step_t  steps[MAX];

    x = 1;
    good = 1;
    ordered = 1;

    for (n = 0; n < 2000; n++) {
        nwanted = 0;
        nhave = 0;

        for (i = 0; i < MAX / 2; i++) {
            x = x * 1664525 + 1013904223;

            if ((x >> 8) & 1) {
                wanted[nwanted++] = (restream_plan_item_t) {
                    i * 7 % 20, (x >> 10) & 1, (x >> 11) & 1
                };
            }

            if ((x >> 9) & 1) {
                have[nhave++] = (restream_plan_item_t) {
                    i * 3 % 20, (x >> 12) & 1, (x >> 13) & 1
                };
            }
        }

        nsteps = restream_plan(wanted, nwanted, have, nhave, steps);

        for (i = 0; i < nhave; i++) {
            used[i] = 1;
        }

        for (i = 0; i < nsteps; i++) {
            switch (steps[i].step) {

            case RESTREAM_PLAN_REMOVE:
                used[steps[i].have] = 0;
                ordered &= i == 0 || steps[i - 1].step == RESTREAM_PLAN_REMOVE;
                break;

            case RESTREAM_PLAN_RESTART:
            case RESTREAM_PLAN_UPDATE:
                h = have[steps[i].have];
                good &= h.id == wanted[steps[i].wanted].id;
                good &= (h.target == wanted[steps[i].wanted].target)
                        == (steps[i].step == RESTREAM_PLAN_UPDATE);
                have[steps[i].have] = wanted[steps[i].wanted];
                break;

            case RESTREAM_PLAN_ADD:
                used[nhave] = 1;
                have[nhave++] = wanted[steps[i].wanted];
                break;
            }
        }

        matched = 0;
        left = 0;

        for (i = 0; i < nhave; i++) {
            for (j = 0; j < nwanted; j++) {
                matched += used[i] && have[i].id == wanted[j].id
                           && have[i].revision == wanted[j].revision
                           && have[i].target == wanted[j].target;
            }

            left += used[i];
        }

        good &= matched == nwanted && left == nwanted;
    }

    ok(good, "carried out, any plan leads from there to wanted");
    ok(ordered, "removals always come first");
}


int
main(void)
{
    test_none();
    test_steps();
    test_random();

    return done_testing();
}
