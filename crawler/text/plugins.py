"""What plugins put into a post's content themselves, known by its class: nobody of the newsroom wrote it."""

from __future__ import annotations

import re

#: class -> whose it is. Read off the plugins' own templates; each stands on the outermost element of such a part.
PLUGINS = {
    # share buttons
    "sharedaddy": "Jetpack, modules/sharedaddy",
    "jetpack-likes-widget-wrapper": "Jetpack, modules/likes",
    "wp-block-jetpack-sharing-buttons": "Jetpack, blocks/sharing-buttons",
    "wp-block-jetpack-like": "Jetpack, blocks/like",
    "addtoany_share_save_container": "AddToAny",
    "addtoany_shortcode": "AddToAny",
    "a2a_kit": "AddToAny, its own script",
    "sharethis-inline-share-buttons": "ShareThis",
    "sharethis-inline-reaction-buttons": "ShareThis",
    "shareaholic-canvas": "Shareaholic",
    "shareaholic-share-buttons-container": "Shareaholic",
    "swp_social_panel": "Social Warfare",
    "swp-content-locator": "Social Warfare",
    "et_social_inline": "Monarch",
    "et_social_media_wrapper": "Monarch",
    "mashsb-container": "Mashshare",
    "heateor_sss_sharing_container": "Sassy Social Share (Heateor)",
    "heateor_ffc_facebook_comments": "Heateor",
    "the_champ_sharing_container": "Super Socializer (Heateor)",
    "simple-social-icons": "Simple Social Icons",
    "essb_links": "Easy Social Share Buttons",
    "dpsp-content-wrapper": "Hubbub (Grow, Social Pug)",
    "dpsp-share-text": "Hubbub (Grow, Social Pug)",
    "ss-inline-share-wrapper": "Social Snap",
    "ns-buttons": "Novashare",
    "scriptlesssocialsharing": "Scriptless Social Sharing",
    "ssba": "Simple Share Buttons Adder",
    "ssba-classic-2": "Simple Share Buttons Adder",
    "ssba-modern-2": "Simple Share Buttons Adder",
    "sfsibeforpstwpr": "Ultimate Social Media Icons",
    "sfsiaftrpstwpr": "Ultimate Social Media Icons",
    "sfsi_responsive_icons": "Ultimate Social Media Icons",
    "shariff": "Shariff Wrapper",
    # related posts
    "jp-relatedposts": "Jetpack, modules/related-posts",
    "jp-relatedposts-i2": "Jetpack, blocks/related-posts",
    "wp-block-jetpack-related-posts": "Jetpack, blocks/related-posts",
    "yarpp": "Yet Another Related Posts Plugin",
    "yarpp-related": "Yet Another Related Posts Plugin",
    "crp_related": "Contextual Related Posts",
    "relpost-thumb-wrapper": "Related Posts Thumbnails",
    "relpost-block-container": "Related Posts Thumbnails",
    "wp_rp_wrap": "WordPress Related Posts",
    "zem_rp_wrap": "Related Posts by Zemanta",
    "yuzo_related_post": "Yuzo",
    "rpbt_shortcode": "Related Posts by Taxonomy",
    "related_post": "Related Post (PickPlugins)",
    "shareaholic-recommendations-container": "Shareaholic",
    # advertisements
    "quads-location": "WP QUADS",
    # counters and votes, which move at every look
    "post-views": "Post Views Counter",
    "tptn_counter": "Top 10",
    "post-ratings": "WP-PostRatings",
    "kk-star-ratings": "kk Star Ratings",
    "rmp-widgets-container": "Rate my Post",
    "wpulike": "WP ULike",
    "wp-block-jetpack-subscriptions": "Jetpack, blocks/subscriptions: tells how many others there are",
}
_CLASSES = frozenset(PLUGINS)
#: Ad Inserter numbers its blocks; the first class by itself may be a site's own way to show code.
_AD_INSERTER = re.compile(r"(?:^|\s)code-block code-block-\d+(?:\s|$)")


def is_of_plugin(classes: str) -> bool:
    """Whether an element with this `class` is a plugin's part: `sharedaddy sd-sharing-enabled`."""
    return not _CLASSES.isdisjoint(classes.split()) or (
        "code-block-" in classes and _AD_INSERTER.search(classes) is not None
    )
