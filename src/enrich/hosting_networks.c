#include "enrich/hosting_networks.h"

#include <stddef.h>

/* In order. */
static const uint32_t NETWORKS[] = {
    3842,   /* RamNode */
    7203,   /* Leaseweb */
    8075,   /* Microsoft Azure */
    8100,   /* QuadraNet */
    8560,   /* IONOS */
    9009,   /* M247 */
    12876,  /* Scaleway */
    13238,  /* Yandex */
    14061,  /* DigitalOcean */
    14618,  /* Amazon */
    15169,  /* Google */
    16276,  /* OVH */
    16509,  /* Amazon */
    19318,  /* Interserver */
    19871,  /* Network Solutions */
    19994,  /* Rackspace */
    20473,  /* Vultr */
    20860,  /* Iomart */
    21859,  /* Zenlayer */
    22612,  /* Namecheap */
    24940,  /* Hetzner */
    25820,  /* IT7 */
    26496,  /* GoDaddy */
    28753,  /* Leaseweb */
    29802,  /* HIVELOCITY */
    30083,  /* velia.net */
    31898,  /* Oracle */
    32244,  /* Liquid Web */
    33070,  /* Rackspace */
    36351,  /* IBM SoftLayer */
    36352,  /* ColoCrossing */
    37963,  /* Alibaba */
    39572,  /* DataWeb */
    40021,  /* Contabo */
    40676,  /* Psychz */
    41564,  /* Orion */
    42708,  /* GleSYS */
    42831,  /* UK Dedicated Servers */
    45090,  /* Tencent */
    45102,  /* Alibaba */
    46475,  /* Limestone */
    46606,  /* Unified Layer */
    46844,  /* Sharktech */
    47583,  /* Hostinger */
    49453,  /* Global Layer */
    49505,  /* Selectel */
    49981,  /* WorldStream */
    50673,  /* Serverius */
    51167,  /* Contabo */
    51852,  /* Private Layer */
    53667,  /* FranTech */
    54290,  /* Hostwinds */
    55286,  /* ServerMania */
    55990,  /* Huawei Cloud */
    58061,  /* Scalaxy */
    59253,  /* Leaseweb */
    60068,  /* Datacamp */
    60404,  /* Liteserver */
    60781,  /* Leaseweb */
    61317,  /* Hivelocity */
    62240,  /* Clouvider */
    62567,  /* DigitalOcean */
    62904,  /* Eonix */
    63949,  /* Akamai Linode */
    132203, /* Tencent */
    135377, /* UCLOUD */
    136907, /* Huawei Cloud */
    197540, /* netcup */
    197695, /* REG.RU */
    202053, /* UpCloud */
    204601, /* Zenex 5ive */
    207990, /* HostRoyale */
    210644, /* Aeza */
    212238, /* Datacamp */
    213230, /* Hetzner */
    396982, /* Google Cloud */
};

bool hosting_networks_hold(uint32_t network)
{
    size_t low = 0;
    size_t high = sizeof(NETWORKS) / sizeof(NETWORKS[0]);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (NETWORKS[middle] == network) {
            return true;
        }
        if (NETWORKS[middle] < network) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}
