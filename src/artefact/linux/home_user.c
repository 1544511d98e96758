/* home_user.c - see home_user.h. */
#include "artefact/linux/home_user.h"

#include "artefact/lines.h"

struct ak_str ak_home_user(struct ak_str path)
{
    while (path.n) {
        struct ak_str folder = ak_cut(&path, '/');
        if (!path.n)
            break;
        if (ak_str_eq(folder, AK_STR("root")))
            return folder;
        if (ak_str_eq(folder, AK_STR("home")) || ak_str_eq(folder, AK_STR("Users"))) {
            struct ak_str user = ak_cut(&path, '/');
            return path.n ? user : AK_STR("");
        }
    }
    return AK_STR("");
}
