"""What feeds are made of: by name, what is done about an element."""

from aggregator.parse.strict.links import enclosure, guid, link, rdf_license, written_license
from aggregator.parse.strict.parts import (
    image,
    item,
    itunes_image,
    source,
    stray_address,
    text_input,
    text_only,
)
from aggregator.parse.strict.people import author, contributor, named_contributor, owner
from aggregator.parse.strict.reader import Act, pass_by
from aggregator.parse.strict.tags import ITUNES, category, itunes_category, keywords, media_category
from aggregator.parse.strict.texts import HTML, PLAIN
from aggregator.parse.strict.writing import bare, contents, date, line, media_title, summary, title, word

_NAMED: dict[str, Act] = {
    "title dc_title": title,
    "media_title": media_title,
    "subtitle tagline itunes_subtitle": line("subtitle"),
    "rights copyright dc_rights": line("rights"),
    "description dc_description media_description": summary("description", HTML),
    "summary itunes_summary": summary("summary", PLAIN),
    "content": contents(PLAIN),
    "content_encoded": contents(HTML),
    "link": link,
    "guid id": guid,
    "enclosure": enclosure,
    "cc_license": rdf_license,
    "creativecommons_license": written_license,
    "pubdate published issued dcterms_issued": date("published"),
    "updated modified lastbuilddate dc_date dcterms_modified": date("updated"),
    "created dcterms_created": date("created"),
    "category keywords dc_subject": category,
    "media_category": media_category,
    "itunes_category": itunes_category,
    "itunes_keywords": keywords(ITUNES),
    "media_keywords": keywords(None),
    "author managingeditor dc_author dc_creator itunes_author": author,
    "itunes_owner": owner,
    "contributor": contributor,
    "dc_contributor": named_contributor,
    "language dc_language": word("language"),
    "comments": bare("comments", is_address=True),
    "wfw_commentrss": bare("wfw_commentrss", is_address=True),
    "icon": bare("icon", is_address=True),
    "logo": bare("logo", is_address=True),
    "feedburner_origlink": bare("feedburner_origlink"),
    "ttl": bare("ttl"),
    "sy_updateperiod": bare("sy_updateperiod"),
    "sy_updatefrequency": bare("sy_updatefrequency"),
    "item entry": item,
    "source": source,
    "image": image,
    "textinput": text_input,
    "itunes_image itunes_link": itunes_image,
    "url uri homepage": stray_address,
    "info feedburner_browserfriendly webmaster dc_publisher generator": text_only,
    # What feedparser keeps and we do not.
    "cloud name email width height expirationdate dcterms_valid newlocation"
    " itunes_block itunes_explicit itunes_name itunes_email media_group media_content media_thumbnail"
    " media_player media_rating media_credit media_restriction media_license psc_chapters psc_chapter where"
    " georss_where georss_point georss_line georss_polygon georss_box gml_point gml_linestring gml_polygon"
    " gml_exterior gml_linearring gml_pos gml_poslist": pass_by,
}
ACTS: dict[str, Act] = {name: act for names, act in _NAMED.items() for name in names.split()}
