"""Where: provinces, communes (xã, phường, đặc khu) and their communities (thôn, ấp, tổ dân phố).

Tables: province, commune, place_list, place_change, former_commune, succession, community, ward_settings.
Official lists are dated data with their legal act (`data/`), loaded by `actions.load`; codes are text.
Below: database. Above: people live in a commune's communities.
"""
